// Integer kernels with relaxed SIMD's dot product: four products of bytes in each of four sums.
// Included inside a family's namespace, which has defined `kSigned`: how the machine takes a pixel's
// byte whose first bit is set. Weights are the first argument; they are always signed.
//
// Where pixels are unsigned, as in VNNI of x86, maps are multiplied as they are. Where they are signed,
// as in ARM's sdot, 128 is taken off each, which flips its first bit, and what that takes off a sum is
// in the bias: 128 times all weights of a channel.

constexpr int kWidest = 2;
constexpr int kHighest = 5;
constexpr int kGroup = 4;

#include "simd/panels.h"

using Wide = uint8_t;
using Weight = int8_t;

template <class T>
class Ending;
template <int Rows>
void sum_up(const Window& w, const uint8_t* a, ptrdiff_t stride, const int8_t* b, int n,
            const Packed& packed, v128_t (&sums)[Rows][2]);

#include "simd/wasm_panels.h"

#include "simd/wasm_outputs.h"

MNV2_INLINE v128_t as_pixels(v128_t bytes) {
    if constexpr (kSigned)
        return wasm_v128_xor(bytes, wasm_i8x16_splat(-128));
    else
        return bytes;
}

MNV2_INLINE v128_t dot(v128_t sums, v128_t pixels, v128_t weights) {
    return MNV2_RELAXED_DOT(weights, pixels, sums);
}

// Four numbers of every pixel times their weights.
template <int Rows>
MNV2_INLINE void add_four(const uint8_t* at, ptrdiff_t stride, const int8_t* b,
                          v128_t (&sums)[Rows][2]) {
    const v128_t low = wasm_v128_load(b), high = wasm_v128_load(b + 16);
#pragma GCC unroll 6
    for (int r = 0; r < Rows; ++r) {
        const v128_t pixel = as_pixels(wasm_v128_load32_splat(at + r * stride));
        sums[r][0] = dot(sums[r][0], pixel, low);
        sums[r][1] = dot(sums[r][1], pixel, high);
        finish(sums[r]);
    }
}

// `Rest::ends` is for each panel.
template <int Rows>
MNV2_INLINE void sum_up(const Window& w, const uint8_t* a, ptrdiff_t stride, const int8_t* b, int n,
                        const Packed& packed, v128_t (&sums)[Rows][2]) {
    for (const int32_t* segment = w.first; segment != w.last; ++segment) {
        const uint8_t* at = a + *segment;
#pragma clang loop unroll(disable)
        for (const uint8_t* end = at + w.length; at != end; at += kGroup, b += kGroup * kChannels)
            add_four<Rows>(at, stride, b, sums);
    }
    if (packed.rest.ends.empty()) return;
    const auto panel = static_cast<size_t>(n / kChannels);
    const int32_t first = panel ? packed.rest.ends[panel - 1] : 0;
    for (int32_t i = first; i < packed.rest.ends[panel]; ++i)
        add_four<Rows>(a + packed.rest.offsets[static_cast<size_t>(i)], stride,
                       packed.rest.weights.data() + i * ptrdiff_t{kGroup * kChannels}, sums);
}

// Takes as much of a weight as fits into an int8.
inline int8_t take_byte(int& value) {
    const int part = std::clamp(value, -128, 127);
    value -= part;
    return static_cast<int8_t>(part);
}

// Sums wrap around and come back: that all of them together fit is checked.
inline void take_off_zeros(const NaturalWeights& natural, int taps, Packed& packed) {
    if constexpr (!kSigned) return;
    for (int n = 0; n < natural.out; ++n) {
        uint32_t total = 0;
        for (int k = 0; k < taps; ++k) total += static_cast<uint32_t>(natural.integer(n, k));
        int32_t& bias = packed.bias.as<int32_t>()[n];
        bias = static_cast<int32_t>(static_cast<uint32_t>(bias) + 128 * total);
    }
}

// Whether weights are copied as they are, four of a channel at a time: nearly all are, and a page's
// first answer waits for it while the compiler's first, slow code runs (packing was a tenth of it).
inline bool copies(const NaturalWeights& natural, const Packed& packed) {
    const int depth = packed.k();
    const int32_t* rows = natural.rows;
    bool neighbors = depth == natural.k;
    for (int k = 0; k < depth && neighbors; ++k) neighbors = rows[k] == k;
    return neighbors && packed.narrow;
}

inline void copy_dense(const NaturalWeights& natural, const Packed& packed) {
    const ptrdiff_t depth = packed.k();
    for (int n = 0; n < natural.out; ++n) {
        const uint8_t* from = natural.bytes + n * depth;
        const uint8_t* end = from + depth;
        int8_t* to = packed.weights_as<int8_t>() + n / kChannels * kChannels * depth +
                     n % kChannels * kGroup;
        for (; from != end; from += kGroup, to += kGroup * kChannels) std::memcpy(to, from, kGroup);
    }
}

inline void pack_dense(const NaturalWeights& natural, Packed& packed) {
    const int depth = packed.k();
    take_off_zeros(natural, depth, packed);
    if (copies(natural, packed)) return copy_dense(natural, packed);
    constexpr int kBlock = kGroup * kChannels;
    Rest& rest = packed.rest;
    int8_t* to = packed.weights_as<int8_t>();
    for (int n = 0; n < packed.padded; n += kChannels) {
        for (int k = 0; k < depth; k += kGroup, to += kBlock) {
            int values[kBlock] = {};
            for (int i = 0; i < kBlock; ++i)
                if (n + i / kGroup < natural.out)
                    values[i] = natural.integer(n + i / kGroup, k + i % kGroup);
            for (int i = 0; i < kBlock; ++i) to[i] = take_byte(values[i]);
            while (std::any_of(values, values + kBlock, [](int value) { return value; })) {
                for (int& value : values) rest.weights.push_back(take_byte(value));
                rest.offsets.push_back(
                    packed.segments[static_cast<size_t>(k / packed.segment_length)] +
                    k % packed.segment_length);
            }
        }
        rest.ends.push_back(static_cast<int32_t>(rest.offsets.size()));
    }
    if (rest.offsets.empty()) rest.ends.clear();
}

#include "simd/wasm_depthwise.h"

// Of 8 channels: three taps, two vectors of 4 channels each, of (row 0, row 1, row 2, nothing).
constexpr int kDepthwiseBlock = 3 * 2 * 16;

inline size_t depthwise_bytes(const Packed& packed) {
    return static_cast<size_t>(packed.padded / kChannels) * kDepthwiseBlock;
}

// What does not fit is packed once more, in further rounds; `Rest::ends` has each block's number.
inline void pack_depthwise(const NaturalWeights& natural, Packed& packed) {
    take_off_zeros(natural, 9, packed);
    const size_t bytes = depthwise_bytes(packed);
    Rest& rest = packed.rest;
    rest.ends.assign(static_cast<size_t>(packed.padded / kChannels), 0);
    for (int n = 0; n < natural.out; ++n)
        for (int tap = 0; tap < 9; ++tap) {
            const auto block = static_cast<size_t>(n / kChannels);
            const size_t at = block * kDepthwiseBlock +
                              static_cast<size_t>(tap % 3 * 32 + n % kChannels * 4 + tap / 3);
            int value = natural.integer(n, tap);
            packed.weights_as<int8_t>()[at] = take_byte(value);
            for (int round = 1; value; ++round) {
                rest.weights.resize(
                    std::max(rest.weights.size(), static_cast<size_t>(round) * bytes));
                rest.weights[static_cast<size_t>(round - 1) * bytes + at] = take_byte(value);
                rest.ends[block] = std::max(rest.ends[block], round);
            }
        }
    if (rest.weights.empty()) rest.ends.clear();
}

template <bool Exact>
class Block {
  public:
    struct Sum {
        v128_t part[2];
    };

    Block(const Packed& w, int n) : scaled_(w, n), bytes_(static_cast<ptrdiff_t>(depthwise_bytes(w))) {
        const ptrdiff_t at = ptrdiff_t{n / kChannels} * kDepthwiseBlock;
        for (int i = 0; i < 6; ++i) weights_[i] = wasm_v128_load(w.weights_as<int8_t>() + at + 16 * i);
        bias_.part[0] = wasm_v128_load(w.bias.as<int32_t>() + n);
        bias_.part[1] = wasm_v128_load(w.bias.as<int32_t>() + n + 4);
        if constexpr (Exact) {
            rest_ = w.rest.weights.data() + at;
            rounds_ = w.rest.ends[static_cast<size_t>(n / kChannels)];
        }
    }

    // The three rows, interleaved.
    struct Column {
        v128_t part[2];
        MNV2_INLINE Column(const Walk<uint8_t>& walk, ptrdiff_t at) {
            const v128_t a = wasm_v128_load64_zero(walk.in[0] + at);
            const v128_t b = wasm_v128_load64_zero(walk.in[1] + at);
            const v128_t c = wasm_v128_load64_zero(walk.in[2] + at);
            const v128_t two = wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6,
                                                  22, 7, 23);
            const v128_t third = wasm_i8x16_shuffle(c, c, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21,
                                                    6, 22, 7, 23);
            part[0] = as_pixels(wasm_i16x8_shuffle(two, third, 0, 8, 1, 9, 2, 10, 3, 11));
            part[1] = as_pixels(wasm_i16x8_shuffle(two, third, 4, 12, 5, 13, 6, 14, 7, 15));
        }
    };

    MNV2_INLINE Sum start() const { return bias_; }

    template <int Tap>
    MNV2_INLINE Sum add(Sum sum, const Column& column) const {
#pragma GCC unroll 2
        for (int i = 0; i < 2; ++i)
            sum.part[i] = dot(sum.part[i], column.part[i], weights_[2 * Tap + i]);
        if constexpr (Exact) {
            const int8_t* from = rest_ + 32 * Tap;
            for (int round = 0; round < rounds_; ++round, from += bytes_)
                for (int i = 0; i < 2; ++i)
                    sum.part[i] =
                        dot(sum.part[i], column.part[i], wasm_v128_load(from + 16 * i));
        }
        return sum;
    }

    MNV2_INLINE void write(Sum sum, uint8_t* out) const {
        store_outputs(out, scaled_(sum.part[0], sum.part[1]));
    }

  private:
    const Scaled scaled_;
    const ptrdiff_t bytes_;
    v128_t weights_[6];
    Sum bias_;
    const int8_t* rest_ = nullptr;
    int rounds_ = 0;
};

inline void depthwise(const Depthwise& d) {
    if (d.weights->rest.ends.empty())
        run_depthwise<Block<false>, uint8_t, uint8_t>(d, kChannels);
    else
        run_depthwise<Block<true>, uint8_t, uint8_t>(d, kChannels);
}
