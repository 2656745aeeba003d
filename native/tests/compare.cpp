// Runs programs on every instruction set of this machine, on FEWEST to MOST threads, and compares
// each step with the answers of the numpy reference. Built by the tests for other machines, and with
// sanitizers for this one.
//
//   compare FEWEST MOST CASE...
//
// Integers must agree to the last bit, floats within 1e-4 of the largest. Says for each instruction
// set what was compared; exits with 1 where anything differs.

#include <algorithm>
#include <cmath>
#include <memory>
#include <thread>

#include "case_file.h"
#include "engine.h"
#include "make_network.h"
#include "steps.h"

namespace mnv2 {
namespace {

struct Tally {
    int steps = 0, outputs = 0, wrong = 0;
};

using Engine = std::unique_ptr<mnv2_engine, decltype(&mnv2_destroy)>;

class Comparison {
  public:
    Comparison(const CaseFile& file, const Isa* isa, Tally& tally)
        : file_(file),
          isa_(isa),
          tally_(tally),
          program_(read_program(file.words.data(), file.words.size(), file.numbers())),
          engine_(make()) {}

    // Every step by itself, on `threads` threads.
    void steps(int threads) {
        const Network network = make_network(program_, file_.numbers(), *isa_);
        Workspace workspace(network, threads);
        if (integer()) place(quantized(), workspace);
        const void* picture = integer() ? nullptr : file_.picture.data();
        for (size_t step = 0; step < program_.steps.size(); ++step) {
            workspace.team.run([&](int thread) {
                Context context(network, workspace, thread, picture);
                run_step(network.program.steps[step], network.packed[step], context);
            });
            ++tally_.steps;
            if (!agrees(workspace, step))
                complain("step " + std::to_string(step), threads);
        }
    }

    // Two pictures in one call, and `callers` such calls at once; of integers every other call gets
    // the pictures as bytes.
    void outputs(int threads, int callers) {
        std::vector<std::vector<std::vector<float>>> found(static_cast<size_t>(callers));
        std::vector<std::thread> others;
        for (int i = 1; i < callers; ++i)
            others.emplace_back([&, i] { found[static_cast<size_t>(i)] = run(threads, i % 2); });
        found[0] = run(threads, 0);
        for (std::thread& other : others) other.join();
        for (const auto& maps : found)
            for (size_t i = 0; i < maps.size(); ++i) {
                ++tally_.outputs;
                if (!close(maps[i], answer(program_.outputs[i])))
                    complain("output " + std::to_string(i), threads);
            }
    }

  private:
    bool integer() const { return program_.arithmetic == Arithmetic::kInteger; }

    Engine make() const {
        char error[200] = "";
        const mnv2_part numbers{file_.weights.data(), file_.weight_bytes};
        Engine engine(mnv2_create(file_.words.data(), file_.words.size(), &numbers, 1,
                                  isa_->name, error, sizeof error),
                      mnv2_destroy);
        if (!engine) throw std::runtime_error(file_.path + " is refused: " + error);
        return engine;
    }

    static std::vector<float> reals(const std::vector<char>& bytes) {
        std::vector<float> values(bytes.size() / sizeof(float));
        std::memcpy(values.data(), bytes.data(), bytes.size());
        return values;
    }

    static bool close(const std::vector<float>& found, const std::vector<float>& expected) {
        float largest = 1;
        for (const float value : expected) largest = std::max(largest, std::abs(value));
        for (size_t i = 0; i < expected.size(); ++i)
            if (!(std::abs(found[i] - expected[i]) <= 1e-4f * largest)) return false;
        return true;
    }

    std::vector<std::vector<float>> run(int threads, bool as_bytes) const {
        return integer() && as_bytes ? run(threads, MNV2_INPUT_PIXELS, quantized())
                                     : run(threads, MNV2_INPUT_FLOAT32, file_.picture);
    }

    template <class T>
    std::vector<std::vector<float>> run(int threads, int kind, const std::vector<T>& picture) const {
        constexpr int kBatch = 2;
        std::vector<T> pictures = picture;
        pictures.insert(pictures.end(), picture.begin(), picture.end());
        std::vector<std::vector<float>> maps;
        std::vector<float*> pointers;
        for (const int output : program_.outputs) {
            const Tensor& t = program_.tensors[static_cast<size_t>(output)];
            maps.emplace_back(kBatch * t.pixels() * static_cast<size_t>(t.channels));
        }
        for (auto& map : maps) pointers.push_back(map.data());
        if (mnv2_run(engine_.get(), pictures.data(), kind, kBatch, threads, pointers.data()))
            throw std::runtime_error("out of memory");
        return maps;
    }

    // What an output has to be, twice: real numbers, of the last step that writes its tensor.
    std::vector<float> answer(int tensor) const {
        const Tensor& t = program_.tensors[static_cast<size_t>(tensor)];
        std::vector<float> values;
        for (size_t step = 0; step < program_.steps.size(); ++step) {
            if (program_.steps[step].target != tensor) continue;
            const std::vector<char>& bytes = file_.expected[step];
            values = integer() ? std::vector<float>() : reals(bytes);
            if (integer())
                for (const char byte : bytes)
                    values.push_back(
                        t.scale *
                        static_cast<float>(static_cast<uint8_t>(byte) - t.zero_point));
        }
        const size_t once = values.size();
        values.resize(2 * once);
        std::copy_n(values.begin(), once, values.begin() + static_cast<ptrdiff_t>(once));
        return values;
    }

    const Tensor& input() const {
        return program_.tensors[static_cast<size_t>(program_.input)];
    }

    // The picture as bytes: the table of pixels leaves them as they are.
    std::vector<uint8_t> quantized() const {
        std::vector<uint8_t> bytes;
        for (const float value : file_.picture)
            bytes.push_back(static_cast<uint8_t>(
                std::clamp(std::nearbyint(value / input().scale) +
                               static_cast<float>(input().zero_point), 0.0f, 255.0f)));
        return bytes;
    }

    void place(const std::vector<uint8_t>& picture, Workspace& workspace) const {
        auto* to = workspace.arena.as<uint8_t>() + input().offset;
        for (size_t i = 0; i < picture.size(); ++i)
            to[i / 3 * static_cast<size_t>(input().pitch) + i % 3] = picture[i];
    }

    // Whether a step's target, without its padding channels, is what it has to be.
    bool agrees(const Workspace& workspace, size_t step) const {
        const Tensor& t = program_.tensors[static_cast<size_t>(program_.steps[step].target)];
        const size_t element = program_.element_bytes();
        const size_t row = static_cast<size_t>(t.channels) * element;
        std::vector<char> found(t.pixels() * row);
        for (size_t pixel = 0; pixel < t.pixels(); ++pixel)
            std::memcpy(found.data() + pixel * row,
                        workspace.arena.as<char>() + t.offset +
                            pixel * static_cast<size_t>(t.pitch) * element,
                        row);
        return integer() ? found == file_.expected[step]
                         : close(reals(found), reals(file_.expected[step]));
    }

    void complain(const std::string& what, int threads) {
        ++tally_.wrong;
        std::printf("%s, %d threads: %s of %s differs\n", isa_->name, threads, what.c_str(),
                    file_.path.c_str());
    }

    const CaseFile& file_;
    const Isa* isa_;
    Tally& tally_;
    const Program program_;
    const Engine engine_;
};

int compare(int fewest_threads, int most_threads, const std::vector<CaseFile>& files) {
    int wrong = 0;
    for (const Isa* isa = isas(); isa->name; ++isa) {
        Tally tally;
        for (const CaseFile& file : files) {
            Comparison comparison(file, isa, tally);
            for (int threads = fewest_threads; threads <= most_threads; ++threads)
                comparison.steps(threads);
            comparison.outputs(most_threads, 2);
        }
        std::printf("%s: %zu programs, %d steps, %d outputs, %d differ\n", isa->name, files.size(),
                    tally.steps, tally.outputs, tally.wrong);
        wrong += tally.wrong;
    }
    return wrong != 0;
}

}  // namespace
}  // namespace mnv2

int main(int count, char** arguments) {
    if (count < 4) {
        std::fputs("usage: compare FEWEST MOST CASE...\n", stderr);
        return 2;
    }
    try {
        std::vector<mnv2::CaseFile> files;
        for (int i = 3; i < count; ++i) files.emplace_back(arguments[i]);
        return mnv2::compare(std::atoi(arguments[1]), std::atoi(arguments[2]), files);
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "%s\n", problem.what());
        return 2;
    }
}
