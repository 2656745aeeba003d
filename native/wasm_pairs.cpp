// Integer kernels for WebAssembly without relaxed SIMD, and for machines whose dot product of bytes is
// not exact: numbers are multiplied as pairs of int16, exact for any uint8 activation and any weight,
// with or without a zero point. The wide element is int16, so that a pair of neighboring channels is
// broadcast by one load.

#include <wasm_simd128.h>

#include <type_traits>

#include "kernels.h"

namespace mnv2 {
namespace wasm_pairs {

constexpr int kWidest = 2;
constexpr int kHighest = 4;
constexpr int kGroup = 2;

#include "simd/panels.h"

using Wide = int16_t;
using Weight = int16_t;

template <class T>
class Ending;
template <int Rows>
void sum_up(const Window& w, const int16_t* a, ptrdiff_t stride, const int16_t* b, int n,
            const Packed& packed, v128_t (&sums)[Rows][2]);

#include "simd/wasm_panels.h"

#include "simd/wasm_outputs.h"

MNV2_INLINE v128_t dot(v128_t sums, v128_t pairs, v128_t weights) {
    return wasm_i32x4_add(sums, wasm_i32x4_dot_i16x8(pairs, weights));
}

template <int Rows>
MNV2_INLINE void sum_up(const Window& w, const int16_t* a, ptrdiff_t stride, const int16_t* b, int,
                        const Packed&, v128_t (&sums)[Rows][2]) {
    for (const int32_t* segment = w.first; segment != w.last; ++segment) {
        const int16_t* at = a + *segment;
#pragma clang loop unroll(disable)
        for (const int16_t* end = at + w.length; at != end; at += kGroup, b += kGroup * kChannels) {
            const v128_t low = wasm_v128_load(b), high = wasm_v128_load(b + 8);
#pragma GCC unroll 4
            for (int r = 0; r < Rows; ++r) {
                const v128_t pixel = wasm_v128_load32_splat(at + r * stride);
                sums[r][0] = dot(sums[r][0], pixel, low);
                sums[r][1] = dot(sums[r][1], pixel, high);
            }
        }
    }
}

void pack_dense(const NaturalWeights& natural, Packed& packed) {
    const int depth = packed.k();
    for (int n = 0; n < natural.out; ++n) {
        int16_t* to = packed.weights_as<int16_t>() + n / kChannels * kChannels * ptrdiff_t{depth};
        for (int k = 0; k < depth; ++k)
            to[k / kGroup * kGroup * kChannels + n % kChannels * kGroup + k % kGroup] =
                static_cast<int16_t>(natural.integer(n, k));
    }
}

#include "simd/wasm_depthwise.h"

// Of 8 channels: three taps, each (row 0, row 1) and (row 2, nothing) of the first 4 channels and of
// the others.
constexpr int kDepthwiseBlock = 3 * 4 * 8;

size_t depthwise_bytes(const Packed& packed) {
    return sizeof(int16_t) * static_cast<size_t>(packed.padded / kChannels) * kDepthwiseBlock;
}

void pack_depthwise(const NaturalWeights& natural, Packed& packed) {
    for (int n = 0; n < natural.out; ++n)
        for (int tap = 0; tap < 9; ++tap) {
            const int row = tap / 3, channel = n % kChannels;
            const int at = n / kChannels * kDepthwiseBlock + tap % 3 * 32 + row / 2 * 16 +
                           channel * 2 + row % 2;
            packed.weights_as<int16_t>()[at] = static_cast<int16_t>(natural.integer(n, tap));
        }
}

template <class Out>
class Block {
  public:
    struct Sum {
        v128_t part[2];
    };

    Block(const Packed& w, int n) : scaled_(w, n) {
        const int16_t* from = w.weights_as<int16_t>() + n / kChannels * ptrdiff_t{kDepthwiseBlock};
        for (int i = 0; i < 12; ++i) weights_[i] = wasm_v128_load(from + 8 * i);
        bias_.part[0] = wasm_v128_load(w.bias.as<int32_t>() + n);
        bias_.part[1] = wasm_v128_load(w.bias.as<int32_t>() + n + 4);
    }

    struct Column {
        v128_t part[4];
        MNV2_INLINE Column(const Walk<int16_t, Out>& walk, ptrdiff_t at) {
            const v128_t a = wasm_v128_load(walk.in[0] + at), b = wasm_v128_load(walk.in[1] + at),
                         c = wasm_v128_load(walk.in[2] + at);
            part[0] = wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
            part[1] = wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
            part[2] = wasm_i16x8_shuffle(c, c, 0, 8, 1, 9, 2, 10, 3, 11);
            part[3] = wasm_i16x8_shuffle(c, c, 4, 12, 5, 13, 6, 14, 7, 15);
        }
    };

    MNV2_INLINE Sum start() const { return bias_; }

    template <int Tap>
    MNV2_INLINE Sum add(Sum sum, const Column& column) const {
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i)
            sum.part[i % 2] = dot(sum.part[i % 2], column.part[i], weights_[4 * Tap + i]);
        return sum;
    }

    MNV2_INLINE void write(Sum sum, Out* out) const {
        store_outputs(out, scaled_(sum.part[0], sum.part[1]));
    }

  private:
    const Scaled scaled_;
    v128_t weights_[12];
    Sum bias_;
};

void depthwise(const Depthwise& d) {
    if (d.wide_out)
        run_depthwise<Block<int16_t>, int16_t, int16_t>(d, kChannels);
    else
        run_depthwise<Block<uint8_t>, int16_t, uint8_t>(d, kChannels);
}

void gemm(const Gemm& g) { g.wide_c ? run_gemm<int16_t>(g) : run_gemm<uint8_t>(g); }

}  // namespace wasm_pairs

const Kernels kWasmPairsInteger = {"simd128",
                                   sizeof(int16_t),
                                   wasm_pairs::kGroup,
                                   wasm_pairs::dense_bytes,
                                   wasm_pairs::depthwise_bytes,
                                   wasm_pairs::pack_dense,
                                   wasm_pairs::pack_depthwise,
                                   wasm_pairs::gemm,
                                   wasm_pairs::depthwise,
                                   nullptr};

}  // namespace mnv2
