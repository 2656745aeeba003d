#include "engine.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "exchange.h"
#include "float_mode.h"
#include "wide.h"

using mnv2::Context;
using mnv2::Network;
using mnv2::Tensor;
using mnv2::Workspace;

namespace {

// One picture as the program's input tensor, rows shared out among the threads.
class Input {
  public:
    Input(const Network& network, const void* pictures, int kind, int index)
        : network_(network), pixels_(kind == MNV2_INPUT_PIXELS) {
        const Tensor& t = network.program.tensors[static_cast<size_t>(network.program.input)];
        const size_t values = t.pixels() * 3;
        picture_ = static_cast<const char*>(pictures) +
                   static_cast<size_t>(index) * values * (pixels_ ? 1 : sizeof(float));
    }

    // The picture, if it is read where it is.
    const void* in_place() const {
        const bool as_it_is = pixels_ ? network_.pixels_in_place : !network_.integer();
        return as_it_is ? picture_ : nullptr;
    }

    void fill(const Context& context) const {
        const Tensor& t = context.tensor(network_.program.input);
        if (in_place()) return;
        const mnv2::Share rows(t.height, context.thread, context.threads());
        const size_t begin = static_cast<size_t>(rows.begin) * static_cast<size_t>(t.width);
        const size_t end = static_cast<size_t>(rows.end) * static_cast<size_t>(t.width);
        const size_t pitch = static_cast<size_t>(t.pitch);
        void* to = advance_bytes(context.target(network_.program.input), begin * pitch);
        const char* from = picture_ + begin * 3 * (pixels_ ? 1 : sizeof(float));
        const size_t count = end - begin;
        if (pixels_ && network_.integer())
            network_.pixels.look_up(reinterpret_cast<const uint8_t*>(from), count,
                                    static_cast<uint8_t*>(to), pitch);
        else if (pixels_)
            network_.pixels.look_up(reinterpret_cast<const uint8_t*>(from), count,
                                    static_cast<float*>(to));
        else
            mnv2::quantize(reinterpret_cast<const float*>(from), count, t,
                           static_cast<uint8_t*>(to));
    }

  private:
    char* advance_bytes(void* to, size_t elements) const {
        return static_cast<char*>(to) + elements * network_.element_bytes();
    }

    const Network& network_;
    const char* picture_;
    bool pixels_;
};

void explain(char* error, size_t bytes, const char* what) {
    if (error && bytes) {
        std::strncpy(error, what, bytes - 1);
        error[bytes - 1] = 0;
    }
}

}  // namespace

struct mnv2_engine {
    Network network;

    // A run takes a workspace of its size, or makes one, and gives it back: as many exist as runs
    // were ever under way at once.
    std::unique_ptr<Workspace> take(int threads) {
        {
            const std::lock_guard lock(mutex_);
            for (auto& free : free_)
                if (free->team.size() == threads) {
                    std::unique_ptr<Workspace> found = std::move(free);
                    free = std::move(free_.back());
                    free_.pop_back();
                    return found;
                }
        }
        return std::make_unique<Workspace>(network, threads);
    }

    void give_back(std::unique_ptr<Workspace> workspace) {
        const std::lock_guard lock(mutex_);
        free_.push_back(std::move(workspace));
    }

  private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<Workspace>> free_;
};

namespace {

// Every step up to `last`, on all threads of the workspace; then `after` on each.
template <class After>
void run_picture(const Network& network, Workspace& workspace, const Input& input, size_t last,
                 const After& after) {
    workspace.team.run([&](int thread) {
        const mnv2::FloatMode mode;
        Context context(network, workspace, thread, input.in_place());
        input.fill(context);
        if (!input.in_place()) context.meet();
        for (size_t step = 0; step < last; ++step) {
            mnv2::run_step(network.program.steps[step], network.packed[step], context);
            context.meet();
        }
        after(context);
    });
}

}  // namespace

int mnv2_abi_version(void) { return 2; }

const char* mnv2_best_isa(void) { return mnv2::isas()[0].name; }

const char* mnv2_isas(void) {
    static const std::string names = [] {
        std::string all;
        for (const mnv2::Isa* isa = mnv2::isas(); isa->name; ++isa) {
            if (!all.empty()) all += ' ';
            all += isa->name;
        }
        return all;
    }();
    return names.c_str();
}

mnv2_engine* mnv2_create(const int64_t* program, size_t words, const mnv2_part* parts,
                         size_t part_count, const char* isa, char* error, size_t error_bytes) {
    try {
        const mnv2::Isa* chosen = mnv2::isas();
        while (isa && chosen->name && std::strcmp(chosen->name, isa) != 0) ++chosen;
        if (!chosen->name)
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
        std::unique_ptr<Workspace> workspace = engine->take(std::max(1, threads));
        for (int picture = 0; picture < batch; ++picture)
            run_picture(network, *workspace, Input(network, input, input_kind, picture),
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
        engine->give_back(std::move(workspace));
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
        run_picture(network, workspace, Input(network, input, input_kind, 0),
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
        std::unique_ptr<Workspace> workspace = engine->take(1);
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
        engine->give_back(std::move(workspace));
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
        const Input picture(network, input, input_kind, 0);
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
    *scratch = network.scratch.shared + network.scratch.own * static_cast<size_t>(threads);
}

void mnv2_destroy(mnv2_engine* engine) { delete engine; }
