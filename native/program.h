// A program as the engine holds it, and what one may ask for. `read_program.h` says how it is written.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace mnv2 {

constexpr int64_t kMagic = 0x32564e42494f4d;  // "MOIBNV2"
constexpr int kVersion = 2;
constexpr int kMaxSide = 1 << 15;
constexpr int kMaxChannels = 1 << 17;
constexpr int64_t kMaxBytes = int64_t{1} << 34;  // of offsets into the weights
// What a program may ask for. 2 GiB hold Mobile DeepLabv3 on a picture of 20 megapixels in floats;
// the largest network of the paper packs 30 MB of weights and takes 2 MB of scratch a thread.
// With 32-bit addresses half of that, so that distances within it are numbers too.
constexpr int64_t kMaxArena = int64_t{1} << (sizeof(size_t) == 4 ? 30 : 31);
constexpr int64_t kMaxPacked = int64_t{1} << 29;
constexpr uint64_t kMaxScratch = uint64_t{1} << 29;
constexpr int kMaxRow = 1 << 30;          // elements of a map's row
constexpr int64_t kMaxMean = 1 << 22;     // pixels of a mean: their sum of bytes fits into 32 bits
constexpr int kPitchMultiple = 8;
constexpr int kMaxParts = 16;
constexpr int kMaxFactor = 1 << 21;  // of a sum: two products with bytes and a half fit 32 bits
constexpr int kMaxShift = 30;
constexpr int kMaxChange = 1 << 22;

class ProgramError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

enum class Arithmetic { kFloat, kInteger };

// A map [height][width][pitch] of float or uint8; channels beyond `channels` are padding.
struct Tensor {
    int height = 0, width = 0, channels = 0, pitch = 0;
    size_t offset = 0;
    int zero_point = 0;
    float scale = 1;

    size_t pixels() const { return static_cast<size_t>(height) * static_cast<size_t>(width); }
    size_t elements() const { return pixels() * static_cast<size_t>(pitch); }
};

// The smallest and largest value an activation lets through: real numbers, or integers in uint8.
struct Clamp {
    float low = 0, high = 0;
};

// One convolution before its weights are packed; offsets point into the weights.
struct Layer {
    int in = 0, out = 0, kernel_height = 1, kernel_width = 1, stride = 1, dilation = 1;
    int pad_top = 0, pad_left = 0;
    Clamp clamp;
    int out_zero_point = 0;  // of what this layer writes
    int in_zero_point = 0;   // of what it reads
    size_t weight = 0;       // float32, int8 or uint8 [out][kernel height][kernel width][in/groups]
    size_t bias = 0;         // float32 or int32 [out]
    size_t multiplier = 0;   // float32 [out]; this and what follows in integer programs only
    size_t weight_zero_point = 0;  // int32 [out]
    bool weight_signed = true;

    int reach_height() const { return (kernel_height - 1) * dilation + 1; }
    int reach_width() const { return (kernel_width - 1) * dilation + 1; }
    // Columns of a source once all windows fit in: its own and the padding.
    int padded_width(const Tensor& from, const Tensor& to) const {
        return std::max((to.width - 1) * stride + reach_width(), pad_left + from.width);
    }
    bool pointwise() const {
        return kernel_height == 1 && kernel_width == 1 && stride == 1 && !pad_top && !pad_left;
    }
};

// How two integer maps become their sum, in fixed point with halves rounded up; float programs
// only clamp.
struct Sum {
    int first = 0, second = 0, shift = 1;
    int first_zero_point = 0, second_zero_point = 0, out_zero_point = 0;
    Clamp clamp;

    // What is added to first * a + second * b before the shift: the zero points and one half.
    int32_t bias() const {
        return (1 << (shift - 1)) - first * first_zero_point - second * second_zero_point;
    }

    int operator()(int a, int b) const {
        const int steps = (first * a + second * b + bias()) >> shift;
        return std::clamp(steps + out_zero_point, static_cast<int>(clamp.low),
                          static_cast<int>(clamp.high));
    }
};

enum class Kind : int64_t {
    kConvolution = 1,       // any dense convolution, perhaps with a shortcut added
    kDepthwise = 2,         // a depthwise convolution alone
    kInvertedResidual = 3,  // [expand,] depthwise, project [, add]: section 5.1's one step
    kAdd = 4,
    kPool = 5,
    kResize = 6,
    kConcat = 7,
    kPooledConvolution = 8,  // a 1x1 convolution and the mean over all its pixels
};

struct Step {
    Kind kind{};
    std::vector<int> sources;
    int target = 0;
    bool has_expand = false, has_sum = false;
    Layer expand, depthwise, project;  // a lone convolution is `project` or `depthwise`
    Sum sum;
    int rows = 0;   // inverted residual: output rows of one strip
    int panel = 0;  // inverted residual: expanded channels worked on at once
    bool average = false, corners = false;
    int kernel_height = 1, kernel_width = 1, stride = 1, pad_top = 0, pad_left = 0;
    // Integer programs only: a resize's change of scale, or the scale of what a pooled convolution
    // averages; of a maximum and of each part of a concat, the change of scale in 256ths.
    float factor = 1;
    std::vector<int> changes;
};

struct Program {
    Arithmetic arithmetic{};
    std::vector<Tensor> tensors;
    std::vector<Step> steps;
    std::vector<int> outputs;
    size_t arena_bytes = 0;
    int input = 0;
    size_t table = 0;

    size_t element_bytes() const { return arithmetic == Arithmetic::kFloat ? 4 : 1; }
};

}  // namespace mnv2
