// A fuzz target for the program loader: whatever bytes come in, a program is refused or it runs
// without leaving its memory. To be built with sanitizers.
//
//   fuzz_program ROUNDS SECONDS SEED CASE...
//
// starts from valid programs (see case_file.h) and changes them at random, a change on top of a
// change where the outcome is accepted; it ends after ROUNDS programs or SECONDS. With clang and
// -fsanitize=fuzzer -DMNV2_LIBFUZZER there is no main, and libFuzzer makes the changes.

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <random>

#include "case_file.h"
#include "engine.h"
#include "dispatch.h"

namespace mnv2 {
namespace {

// What is run, not what is accepted: a hostile program may take its time, but this has none.
constexpr double kMostWork = 2e6;
constexpr size_t kMostMemory = size_t{1} << 23;

struct Candidate {
    std::vector<int64_t> words;
    std::vector<char> weights;
};

// About as many operations as a run of the program takes.
double work_of(const Program& program) {
    const auto shape = [&](int index) -> const Tensor& {
        return program.tensors[static_cast<size_t>(index)];
    };
    double work = 0;
    for (const Step& s : program.steps) {
        const auto pixels = static_cast<double>(shape(s.target).pixels());
        const auto source = static_cast<double>(shape(s.sources[0]).pixels());
        const double channels = shape(s.target).pitch;
        const auto dense = [](const Layer& l) {
            return double(l.out) * l.in * l.kernel_height * l.kernel_width;
        };
        work += source * shape(s.sources[0]).pitch + pixels * channels;
        switch (s.kind) {
            case Kind::kConvolution: work += pixels * dense(s.project); break;
            case Kind::kDepthwise: work += pixels * 9 * s.depthwise.out; break;
            case Kind::kInvertedResidual:
                // Strips whose windows lie far apart expand rows again.
                work += (s.has_expand ? source * dense(s.expand) : 0) +
                        pixels * (9 * s.depthwise.out + dense(s.project));
                break;
            case Kind::kPooledConvolution: work += source * dense(s.project); break;
            case Kind::kPool:
                work += pixels * channels * std::min(source, double(s.kernel_height) * s.kernel_width);
                break;
            default: work += 10 * pixels * channels;
        }
    }
    return work;
}

void run(mnv2_engine* engine, const Program& program, int threads, int kind) {
    const Tensor& input = program.tensors[static_cast<size_t>(program.input)];
    const size_t values = input.pixels() * 3;
    std::vector<char> picture(values * (kind == MNV2_INPUT_PIXELS ? 1 : 4));
    for (size_t i = 0; i < picture.size(); ++i) picture[i] = static_cast<char>(i * 37 + i / 4 * 11);
    std::vector<std::vector<float>> maps;
    std::vector<float*> pointers;
    for (const int output : program.outputs) {
        const Tensor& t = program.tensors[static_cast<size_t>(output)];
        maps.emplace_back(t.pixels() * static_cast<size_t>(t.channels));
    }
    for (auto& map : maps) pointers.push_back(map.data());
    if (mnv2_run(engine, picture.data(), kind, 1, threads, pointers.data())) std::abort();
}

// The instruction set, the number of threads (mostly one) and the input that a number stands for.
struct Variant {
    const char* isa;
    int threads, input;

    explicit Variant(size_t number) {
        static constexpr int kThreads[] = {1, 1, 1, 1, 1, 1, 2, 3};
        size_t sets = 0;
        while (isas()[sets].name) ++sets;
        isa = isas()[number % sets].name;
        threads = kThreads[number / sets % 8];
        input = static_cast<int>(number / sets / 8 % 2);
    }
};

enum class Outcome { kRefused, kAccepted, kRun };

Outcome attempt(const Candidate& candidate, const Variant& variant) {
    // A copy of exactly the right size: what is read behind it is noticed.
    const std::vector<int64_t> words(candidate.words);
    const size_t weight_bytes = candidate.weights.size() / 4 * 4;
    std::vector<int32_t> weights(weight_bytes / 4);
    if (weight_bytes) std::memcpy(weights.data(), candidate.weights.data(), weight_bytes);
    const mnv2_part part{weights.data(), weight_bytes};
    char error[100];
    const std::unique_ptr<mnv2_engine, decltype(&mnv2_destroy)> engine(
        mnv2_create(words.data(), words.size(), &part, 1, variant.isa, error, sizeof error),
        mnv2_destroy);
    if (!engine) return Outcome::kRefused;
    Weights numbers;
    numbers.add(weights.data(), weight_bytes);
    const Program program = read_program(words.data(), words.size(), numbers);
    size_t arena = 0, scratch = 0, outputs = 0;
    mnv2_memory(engine.get(), variant.threads, &arena, &scratch);
    for (const int output : program.outputs)
        outputs += 4 * program.tensors[static_cast<size_t>(output)].elements();
    if (arena + scratch + outputs > kMostMemory || work_of(program) > kMostWork)
        return Outcome::kAccepted;
    run(engine.get(), program, variant.threads, variant.input);
    return Outcome::kRun;
}

class Mutator {
  public:
    explicit Mutator(unsigned seed) : random_(seed) {}

    size_t below(size_t limit) { return limit ? random_() % limit : 0; }

    Candidate changed(Candidate c) {
        // Half of the time there is room for tensors to grow.
        if (c.words.size() > 6 && below(2)) c.words[6] = 1 << 17;
        for (size_t changes = 1 + below(3); changes; --changes) change(c);
        return c;
    }

  private:
    void change(Candidate& c) {
        if (c.words.empty()) return;
        const size_t at = place(c.words);
        switch (below(8)) {
            case 0:  // everywhere: sizes that belong together stay together
                everywhere(c.words, c.words[at]);
                break;
            case 1: tensor(c.words); break;
            case 2: words(c.words, at); break;
            case 3: bytes(c.weights); break;
            default: c.words[at] = other(c.words, c.words[at]);
        }
    }

    static bool small(int64_t value) { return value >= 0 && value < 4096; }

    // Mostly a size or a count: offsets and floats are the larger part of a program.
    size_t place(const std::vector<int64_t>& words) {
        size_t at = below(words.size());
        for (int tries = 0; tries < 6 && !small(words[at]); ++tries) at = below(words.size());
        return at;
    }

    void everywhere(std::vector<int64_t>& words, int64_t before) {
        std::replace(words.begin(), words.end(), before, other(words, before));
    }

    int64_t other(const std::vector<int64_t>& words, int64_t value) {
        static constexpr int64_t kOthers[] = {
            0, 1, 255, 256, 1024, 32768, 131072, 0x3f800000, 0x7f800000, 0xff800000, 0x7fc00000,
            0x2b8cbccc, 0x49742400, 1 << 28, INT32_MAX, int64_t{1} << 32, int64_t{1} << 34,
            INT64_MAX, INT64_MIN, -1};
        const auto bits = static_cast<uint64_t>(value);
        switch (below(8)) {
            case 0: return static_cast<int64_t>(bits + 1);
            case 1: return static_cast<int64_t>(bits - 1);
            case 2: return static_cast<int64_t>(bits + below(64) - 32);
            case 3: return static_cast<int64_t>(bits ^ uint64_t{1} << below(40));
            case 4: return words[place(words)];
            case 5: return static_cast<int64_t>(below(20));
            case 6: return static_cast<int64_t>(below(2000));
            default: return kOthers[below(std::size(kOthers))];
        }
    }

    // The shape or place of one tensor.
    void tensor(std::vector<int64_t>& words) {
        if (words.size() < 16 || words[3] < 1) return;
        const size_t at = 9 + 7 * below(static_cast<size_t>(words[3])) + below(7);
        if (at < words.size()) words[at] = other(words, words[at]);
    }

    void words(std::vector<int64_t>& words, size_t at) {
        const auto place = words.begin() + static_cast<ptrdiff_t>(at);
        switch (below(3)) {
            case 0: words.resize(at); break;
            case 1: words.erase(place); break;
            default: words.insert(place, other(words, *place));
        }
    }

    void bytes(std::vector<char>& weights) {
        if (weights.empty()) return;
        if (!below(16)) weights.resize(below(weights.size()));
        for (size_t count = below(64); count && !weights.empty(); --count)
            weights[below(weights.size())] = static_cast<char>(random_());
    }

    std::mt19937 random_;
};

int fuzz(long rounds, long seconds, unsigned seed, const std::vector<std::string>& paths) {
    using Clock = std::chrono::steady_clock;
    std::vector<Candidate> corpus;
    for (const std::string& path : paths) {
        const CaseFile file(path, false);
        const auto* weights = reinterpret_cast<const char*>(file.weights.data());
        corpus.push_back({file.words, {weights, weights + file.weight_bytes}});
    }
    const size_t originals = corpus.size();
    constexpr size_t kMostKept = 200;
    Mutator mutator(seed);
    const auto end = Clock::now() + std::chrono::seconds(seconds);
    long round = 0;
    long accepted = 0, runs = 0;
    for (; round < rounds && Clock::now() < end; ++round) {
        Candidate candidate = mutator.changed(corpus[mutator.below(corpus.size())]);
        const Outcome outcome = attempt(candidate, Variant(mutator.below(1 << 16)));
        runs += outcome == Outcome::kRun;
        if (outcome == Outcome::kRefused) continue;
        ++accepted;
        if (corpus.size() < originals + kMostKept)
            corpus.push_back(std::move(candidate));
        else if (outcome == Outcome::kRun)
            corpus[originals + mutator.below(kMostKept)] = std::move(candidate);
    }
    std::printf("%ld programs, %ld accepted, %ld runs\n", round, accepted, runs);
    return 0;
}

}  // namespace
}  // namespace mnv2

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    mnv2::Candidate candidate;
    int64_t words = 0;
    if (size < 16) return 0;
    std::memcpy(&words, data, sizeof words);
    const size_t most = (size - 16) / 8;
    const size_t count = words < 0 ? 0 : std::min(most, static_cast<size_t>(words));
    candidate.words.resize(count);
    if (count) std::memcpy(candidate.words.data(), data + 16, 8 * count);
    candidate.weights.assign(data + 16 + 8 * count, data + size);
    mnv2::attempt(candidate, mnv2::Variant(data[8]));
    return 0;
}

#if !defined(MNV2_LIBFUZZER)
int main(int count, char** arguments) {
    if (count < 5) {
        std::fputs("usage: fuzz_program ROUNDS SECONDS SEED CASE...\n", stderr);
        return 2;
    }
    try {
        return mnv2::fuzz(std::atol(arguments[1]), std::atol(arguments[2]),
                          static_cast<unsigned>(std::atol(arguments[3])),
                          {arguments + 4, arguments + count});
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "%s\n", problem.what());
        return 2;
    }
}
#endif
