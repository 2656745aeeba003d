#include "wasm_page.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "make_network.h"
#include "read_program.h"
#include "run_picture.h"
#include "wasm_team.h"

using mnv2::Buffer;
using mnv2::Context;
using mnv2::Network;
using mnv2::Program;
using mnv2::ProgramError;
using mnv2::Tensor;
using mnv2::Workspace;

namespace {

// Of a program in a file, as in engine/program_file.py: ten kilobytes from a stranger must not take
// what the engine allows its caller.
constexpr size_t kMostArena = size_t{1} << 29;

const Tensor& tensor_of(const Program& program, int index) {
    return program.tensors[static_cast<size_t>(index)];
}

void require_honest_arena(const Program& program) {
    uint64_t used = 0;
    for (const Tensor& t : program.tensors)
        used = std::max(used, t.offset + uint64_t{t.elements()} * program.element_bytes());
    used = mnv2::round_up(used, mnv2::kAlignment);
    if (program.arena_bytes > std::min<uint64_t>(used, kMostArena))
        throw ProgramError("the file asks for " + std::to_string(program.arena_bytes) +
                           " bytes of working memory; its maps fill " + std::to_string(used) +
                           ", and a program in a file may use " + std::to_string(kMostArena));
}

// Room for a map, without the channels that pad it.
Buffer room_for(const Tensor& t, size_t element) {
    const uint64_t bytes = uint64_t{t.pixels()} * static_cast<uint64_t>(t.channels) * element;
    if (bytes > kMostArena)
        throw ProgramError("a picture or an output may fill " + std::to_string(kMostArena) +
                           " bytes, got " + std::to_string(bytes));
    return Buffer(static_cast<size_t>(bytes));
}

}  // namespace

struct mnv2_net {
    explicit mnv2_net(Network made) : network(std::move(made)) {
        const Program& program = network.program;
        geometry = {network.integer(), static_cast<int32_t>(program.outputs.size())};
        describe(program.input);
        for (const int output : program.outputs) describe(output);
        picture = room_for(tensor_of(program, program.input), sizeof(float));
        copies.resize(program.outputs.size());
    }

    Network network;
    std::optional<Workspace> workspace;  // of the last run's number of threads
    Buffer picture;
    std::vector<Buffer> copies;  // of the outputs, for those who asked
    std::vector<int32_t> geometry;

    const Tensor& output(int number) const {
        const auto& outputs = network.program.outputs;
        if (number < 0 || static_cast<size_t>(number) >= outputs.size())
            throw ProgramError("an output must be below " + std::to_string(outputs.size()) +
                               ", got " + std::to_string(number));
        if (!workspace) throw ProgramError("outputs are there after the first answer");
        return tensor_of(network.program, outputs[static_cast<size_t>(number)]);
    }

    void* copy_of(int number, size_t element) {
        Buffer& copy = copies[static_cast<size_t>(number)];
        if (const Tensor& t = output(number);
            copy.bytes() != t.pixels() * static_cast<size_t>(t.channels) * element)
            copy = room_for(t, element);
        return copy.as<char>();
    }

  private:
    void describe(int index) {
        const Tensor& t = tensor_of(network.program, index);
        for (const int number : {t.height, t.width, t.channels, t.zero_point})
            geometry.push_back(number);
        geometry.push_back(std::bit_cast<int32_t>(t.scale));
    }
};

int mnv2_abi_version(void) { return 2; }

void* mnv2_allocate(size_t bytes) {
    if (bytes > kMostArena) throw std::bad_alloc();
    void* memory = std::aligned_alloc(mnv2::kAlignment, mnv2::round_up(bytes, mnv2::kAlignment));
    if (!memory) throw std::bad_alloc();
    return memory;
}

void mnv2_release(void* memory) { std::free(memory); }

const char* mnv2_kernels(int integer) {
    const mnv2::Isa& best = mnv2::isas()[0];
    return (integer ? best.integer : best.real)->name;
}

mnv2_net* mnv2_open(const int64_t* words, size_t word_count, const void* numbers,
                    size_t number_bytes) {
    mnv2::Weights weights;
    weights.add(numbers, number_bytes);
    Program program = mnv2::read_program(words, word_count, weights);
    require_honest_arena(program);
    return new mnv2_net(mnv2::make_network(std::move(program), weights, mnv2::isas()[0]));
}

void mnv2_close(mnv2_net* net) { delete net; }

const int32_t* mnv2_geometry(const mnv2_net* net) { return net->geometry.data(); }

void* mnv2_picture(mnv2_net* net) { return net->picture.as<char>(); }

void mnv2_answer(mnv2_net* net, int input_kind, int threads) {
    const int team = std::clamp(threads, 1, 1 + mnv2::crew_size());
    if (!net->workspace || net->workspace->team.size() != team) {
        net->workspace.reset();
        net->workspace.emplace(net->network, team);
    }
    const mnv2::Input input(net->network, net->picture.as<char>(), input_kind == 1, 0);
    mnv2::run_picture(net->network, *net->workspace, input, net->network.program.steps.size(),
                      [](const Context&) {});
}

const float* mnv2_floats(mnv2_net* net, int output) {
    auto* to = static_cast<float*>(net->copy_of(output, sizeof(float)));
    // As if on one thread: the map is read where the run has left it.
    const Context context(net->network, *net->workspace, 0, nullptr, 1);
    mnv2::copy_out(context, net->network.program.outputs[static_cast<size_t>(output)], to);
    return to;
}

const uint8_t* mnv2_bytes(mnv2_net* net, int output) {
    if (!net->network.integer())
        throw ProgramError("a network of floats has no bytes, its outputs are real numbers");
    auto* to = static_cast<uint8_t*>(net->copy_of(output, 1));
    const Tensor& t = net->output(output);
    const size_t channels = static_cast<size_t>(t.channels);
    const auto* from = net->workspace->arena.as<uint8_t>() + t.offset;
    for (size_t pixel = 0; pixel < t.pixels(); ++pixel)
        std::copy_n(from + pixel * static_cast<size_t>(t.pitch), channels, to + pixel * channels);
    return to;
}

int mnv2_team(void) { return mnv2::crew_size(); }

// The stack pointer is the instance's own, and all instances begin with the same one. Nothing here
// may use it before it is set, so there is nothing here.
void mnv2_serve(void* stack_end) {
    asm volatile("local.get %0\nglobal.set __stack_pointer" : : "r"(stack_end));
    mnv2::serve_crew();
}
