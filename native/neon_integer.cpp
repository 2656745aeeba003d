// Integer kernels for NEON without dot products. Numbers are multiplied as int16 and summed up in
// 32 bits (smlal): exact for any uint8 activation and any weight, with or without a zero point. The
// wide element is int16; four numbers of a pixel are loaded at once and multiplied lane by lane.

#include <arm_neon.h>

#include <cstring>
#include <utility>

#include "kernels.h"

namespace mnv2 {
namespace neon_integer {

using Wide = int16_t;
using Weight = int16_t;

constexpr int kGroup = 4;  // numbers of a window that are multiplied at a time

// 16 and 20 registers of sums, and room for pixels.
constexpr int kRows[] = {0, 8, 5};

#include "simd/neon_ending.h"

size_t dense_bytes(const Packed& packed) {
    return sizeof(int16_t) * static_cast<size_t>(packed.k()) * static_cast<size_t>(packed.padded);
}

void pack_dense(const NaturalWeights& natural, Packed& packed) {
    const int depth = packed.k();
    int16_t* to = packed.weights_as<int16_t>();
    for (int n = 0; n < packed.padded;) {
        const int width = panel_vectors(packed, n, kLanes) * kLanes;
        for (int k = 0; k < depth; ++k, to += width)
            for (int lane = 0; lane < width && n + lane < natural.out; ++lane)
                to[lane] = static_cast<int16_t>(natural.integer(n + lane, k));
        n += width;
    }
}

// Number `Lane` of four of each pixel.
template <int Lane, int Rows, int Vectors>
inline __attribute__((always_inline)) void add_lane(const int16x4_t (&pixels)[Rows],
                                                    const int16_t* b,
                                                    Sums (&sums)[Rows][Vectors]) {
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; ++v) {
        const int16x8_t weights = vld1q_s16(b + (Lane * Vectors + v) * kLanes);
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r) {
            Sums& s = sums[r][v];
            s.low = vmlal_lane_s16(s.low, vget_low_s16(weights), pixels[r], Lane);
            s.high = vmlal_high_lane_s16(s.high, weights, pixels[r], Lane);
        }
    }
}

template <int Rows, int Vectors>
inline __attribute__((always_inline)) void tile_sums(const Gemm& g, const int16_t* a,
                                                     const int16_t* b, int /*n*/,
                                                     Sums (&sums)[Rows][Vectors], Ahead ahead) {
    const ptrdiff_t stride = g.a_stride;
    const int length = g.weights->segment_length;
    for (const int32_t segment : g.weights->segments)
        for (int k = 0; k < length; k += kGroup, b += kGroup * Vectors * kLanes) {
            ahead.fetch();
            int16x4_t pixels[Rows];
#pragma GCC unroll 16
            for (int r = 0; r < Rows; ++r) pixels[r] = vld1_s16(a + r * stride + segment + k);
            add_lane<0>(pixels, b, sums);
            add_lane<1>(pixels, b, sums);
            add_lane<2>(pixels, b, sums);
            add_lane<3>(pixels, b, sums);
        }
}

#include "simd/neon_gemm.h"

int64_t peak(int64_t rounds) {
    constexpr int kChains = 8;
    Sums sums[kChains] = {};
    int16x8_t numbers = vdupq_n_s16(3);
    for (int64_t i = 0; i < rounds; ++i)
#pragma GCC unroll 16
        for (Sums& s : sums) {
            asm("" : "+w"(numbers));  // or their product would be made once for all
            s.low = vmlal_s16(s.low, vget_low_s16(numbers), vget_low_s16(numbers));
            s.high = vmlal_high_s16(s.high, numbers, numbers);
            asm volatile("" : "+w"(s.low), "+w"(s.high));
        }
    return rounds * kChains * kLanes;
}

}  // namespace neon_integer

const Kernels kNeonInteger = {"neon",
                              sizeof(int16_t),
                              neon_integer::kGroup,
                              neon_integer::dense_bytes,
                              neon_integer::depthwise_bytes,
                              neon_integer::pack_dense,
                              neon_integer::pack_depthwise,
                              neon_integer::gemm,
                              neon_integer::depthwise,
                              neon_integer::peak};

}  // namespace mnv2
