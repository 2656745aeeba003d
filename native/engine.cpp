#include "engine.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "exchange.h"
#include "float_mode.h"
#include "fork.h"
#include "input.h"
#include "make_network.h"
#include "read_program.h"
#include "run_picture.h"
#include "wide.h"
#include "workspaces.h"

using mnv2::Context;
using mnv2::Input;
using mnv2::Network;
using mnv2::Tensor;
using mnv2::Workspace;

namespace {

Input input_of(const Network& network, const void* pictures, int kind, int index) {
    return Input(network, pictures, kind == MNV2_INPUT_PIXELS, index);
}

// The set of a name, or the best; null where there is none.
const mnv2::Isa* set_of(const char* name) {
    const mnv2::Isa* set = mnv2::isas();
    while (name && set->name && std::strcmp(set->name, name) != 0) ++set;
    return set->name ? set : nullptr;
}

void explain(char* error, size_t bytes, const char* what) {
    if (error && bytes) {
        std::strncpy(error, what, bytes - 1);
        error[bytes - 1] = 0;
    }
}

}  // namespace

struct mnv2_engine {
    Network network;
    mnv2::Workspaces workspaces{network};
};

int mnv2_abi_version(void) { return 2; }

const char* mnv2_best_isa(void) { return mnv2::isas()[0].name; }

const char* mnv2_isas(void) { return mnv2::isa_names(); }

int mnv2_resample(const mnv2_resize* wanted, const char* isa) {
    try {
        const mnv2_resize& w = *wanted;
        const mnv2::Isa* set = set_of(isa);
        const auto within = [](float from, float to, int size) {
            return 0 <= from && from < to && to <= static_cast<float>(size);
        };
        if (!set || std::min({w.width, w.height, w.out_width, w.out_height}) < 1 ||
            !within(w.box[0], w.box[2], w.width) || !within(w.box[1], w.box[3], w.height))
            return 1;
        const auto filter =
            w.filter == MNV2_BICUBIC ? mnv2::Filter::kBicubic : mnv2::Filter::kBilinear;
        mnv2::resample(*set->resampling, {filter, w.down_first != 0, w.pixels, w.width, w.height,
                                          w.box, w.out, w.out_width, w.out_height});
        return 0;
    } catch (const std::exception&) {
        return 1;
    }
}

int mnv2_recolor(const mnv2_colors* wanted, const char* isa) {
    const mnv2_colors& w = *wanted;
    const mnv2::Isa* set = set_of(isa);
    constexpr float kMost = 1e6f;
    const auto sane = [](float number) { return std::abs(number) <= kMost; };  // NaN is not
    if (!set || std::min(w.width, w.height) < 1 ||
        !std::all_of(w.matrix, w.matrix + 12, sane))
        return 1;
    const size_t width = static_cast<size_t>(w.width), height = static_cast<size_t>(w.height);
    const bool mirrored = w.mirrored != 0;
    // Without mirrors rows are one long one.
    const size_t rows = mirrored ? height : 1, pixels = width * height / rows;
    for (size_t y = 0; y < rows; ++y)
        set->recolor(w.pixels + 3 * pixels * y, pixels, w.matrix, mirrored, w.out + 3 * pixels * y);
    return 0;
}

int64_t mnv2_add_up(const uint8_t* pixels, int width, int height, int every, int64_t* sums) {
    if (std::min({width, height, every}) < 1) return 0;
    try {
        return mnv2::add_up(pixels, width, height, every, sums);
    } catch (const std::bad_alloc&) {
        return 0;
    }
}

mnv2_engine* mnv2_create(const int64_t* program, size_t words, const mnv2_part* parts,
                         size_t part_count, const char* isa, char* error, size_t error_bytes) {
    try {
        if (!mnv2::told_of_forks()) throw std::bad_alloc();
        const mnv2::Isa* chosen = set_of(isa);
        if (!chosen)
            throw mnv2::ProgramError("an instruction set must be one of " +
                                     std::string(mnv2_isas()) + ", got " + isa);
        mnv2::Weights weights;
        for (size_t i = 0; i < part_count; ++i) weights.add(parts[i].data, parts[i].bytes);
        auto engine = std::make_unique<mnv2_engine>();
        engine->network =
            mnv2::make_network(mnv2::read_program(program, words, weights), weights, *chosen);
        return engine.release();
    } catch (const std::bad_alloc&) {
        explain(error, error_bytes, "not enough memory for the engine");
    } catch (const std::exception& problem) {
        explain(error, error_bytes, problem.what());
    }
    return nullptr;
}

int mnv2_run(mnv2_engine* engine, const void* input, int input_kind, int batch, int threads,
             float* const* outputs) {
    try {
        const Network& network = engine->network;
        const auto workspace = engine->workspaces.take(std::max(1, threads));
        for (int picture = 0; picture < batch; ++picture)
            mnv2::run_picture(network, *workspace, input_of(network, input, input_kind, picture),
                        network.program.steps.size(), [&](const Context& context) {
                            for (size_t i = 0; i < network.program.outputs.size(); ++i) {
                                const int index = network.program.outputs[i];
                                const Tensor& t = context.tensor(index);
                                mnv2::copy_out(context, index,
                                               outputs[i] + static_cast<size_t>(picture) *
                                                                t.pixels() *
                                                                static_cast<size_t>(t.channels));
                            }
                        });
        return 0;
    } catch (const std::exception&) {
        return 1;
    }
}

int mnv2_peek(mnv2_engine* engine, const void* input, int input_kind, int step, int tensor,
              void* copy) {
    try {
        const Network& network = engine->network;
        if (step < 0 || static_cast<size_t>(step) >= network.program.steps.size() || tensor < 0 ||
            static_cast<size_t>(tensor) >= network.program.tensors.size())
            return 1;
        Workspace workspace(network, 1);
        mnv2::run_picture(network, workspace, input_of(network, input, input_kind, 0),
                    static_cast<size_t>(step) + 1, [&](const Context& context) {
                        const Tensor& t = context.tensor(tensor);
                        const size_t element = network.element_bytes();
                        const size_t row = static_cast<size_t>(t.channels) * element;
                        for (size_t pixel = 0; pixel < t.pixels(); ++pixel)
                            std::memcpy(static_cast<char*>(copy) + pixel * row,
                                        mnv2::advance(context.source(tensor),
                                                      pixel * static_cast<size_t>(t.pitch),
                                                      element),
                                        row);
                    });
        return 0;
    } catch (const std::exception&) {
        return 1;
    }
}

int mnv2_run_steps(mnv2_engine* engine, int first, int end, const mnv2_given* given,
                   int given_count, const mnv2_taken* taken, int taken_count) {
    try {
        const Network& network = engine->network;
        const int steps = static_cast<int>(network.program.steps.size());
        const int tensors = static_cast<int>(network.program.tensors.size());
        const auto exists = [&](const auto& one) { return one.tensor >= 0 && one.tensor < tensors; };
        if (first < 0 || end < first || end > steps ||
            !std::all_of(given, given + given_count, exists) ||
            !std::all_of(taken, taken + taken_count, exists))
            return 1;
        const auto workspace = engine->workspaces.take(1);
        const mnv2::FloatMode mode;
        Context context(network, *workspace, 0, nullptr);
        for (int i = 0; i < given_count; ++i)
            mnv2::copy_in(context, given[i].tensor, given[i].values);
        for (int i = first; i < end; ++i) {
            const size_t step = static_cast<size_t>(i);
            mnv2::run_step(network.program.steps[step], network.packed[step], context);
        }
        for (int i = 0; i < taken_count; ++i)
            mnv2::copy_out(context, taken[i].tensor, taken[i].values);
        return 0;
    } catch (const std::exception&) {
        return 1;
    }
}

int mnv2_profile(mnv2_engine* engine, const void* input, int input_kind, int rounds,
                 uint64_t* nanoseconds) {
    using Clock = std::chrono::steady_clock;
    try {
        const Network& network = engine->network;
        Workspace workspace(network, 1);
        const Input picture = input_of(network, input, input_kind, 0);
        for (int round = 0; round < rounds; ++round) {
            const mnv2::FloatMode mode;
            Context context(network, workspace, 0, picture.in_place());
            picture.fill(context);
            for (size_t step = 0; step < network.program.steps.size(); ++step) {
                const auto begin = Clock::now();
                mnv2::run_step(network.program.steps[step], network.packed[step], context);
                nanoseconds[step] += static_cast<uint64_t>(
                    std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin)
                        .count());
            }
        }
        return 0;
    } catch (const std::exception&) {
        return 1;
    }
}

int64_t mnv2_peak_products(const mnv2_engine* engine, int64_t rounds) {
    const auto peak = engine->network.kernels().peak;
    return peak ? peak(rounds) : 0;
}

void mnv2_memory(const mnv2_engine* engine, int threads, size_t* arena, size_t* scratch) {
    const Network& network = engine->network;
    *arena = network.program.arena_bytes;
    *scratch = static_cast<size_t>(network.scratch.shared) +
               static_cast<size_t>(network.scratch.own) * static_cast<size_t>(threads);
}

void mnv2_destroy(mnv2_engine* engine) { delete engine; }
