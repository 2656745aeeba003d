// Integer kernels for NEON with dot products (udot, from ARMv8.2): sixteen products of bytes an
// instruction, summed up in fours. Maps are multiplied as the bytes they are; nothing is widened.

#include <arm_neon.h>

#include <cstring>
#include <type_traits>
#include <utility>

#include "kernels.h"

namespace mnv2 {
namespace neondot_integer {

using Wide = uint8_t;
using Weight = uint8_t;

constexpr int kGroup = 4;  // numbers of a window that are multiplied at a time

// With 6 by 16, which would fit, gcc 12 spills sums in the innermost loop.
constexpr int kRows[] = {0, 8, 5};

#include "simd/neon_ending.h"

#include "simd/neon_raw.h"

inline int32x4_t dot(int32x4_t sums, uint8x16_t weights, uint8x16_t pixel) {
    return vreinterpretq_s32_u32(vdotq_u32(vreinterpretq_u32_s32(sums), weights, pixel));
}

template <int Rows, int Vectors>
inline __attribute__((always_inline)) void tile_sums(const Gemm& g, const uint8_t* a,
                                                     const uint8_t* b, int n,
                                                     Sums (&sums)[Rows][Vectors], Ahead ahead) {
    const ptrdiff_t stride = g.a_stride;
    const int length = g.weights->segment_length;
    for (const int32_t segment : g.weights->segments)
        for (int k = 0; k < length; k += kGroup, b += kGroup * Vectors * kLanes) {
            ahead.fetch();
            uint8x16_t weights[2 * Vectors];
#pragma GCC unroll 16
            for (int v = 0; v < 2 * Vectors; ++v) weights[v] = vld1q_u8(b + 16 * v);
#pragma GCC unroll 16
            for (int r = 0; r < Rows; ++r) {
                const uint8x16_t pixel = broadcast_four(a + r * stride + segment + k);
#pragma GCC unroll 16
                for (int v = 0; v < Vectors; ++v) {
                    sums[r][v].low = dot(sums[r][v].low, weights[2 * v], pixel);
                    sums[r][v].high = dot(sums[r][v].high, weights[2 * v + 1], pixel);
                }
            }
        }
    take_off_zeros(g, a, n, sums);
}

#include "simd/neon_gemm.h"

int64_t peak(int64_t rounds) {
    constexpr int kChains = 12;
    int32x4_t sums[kChains] = {};
    const uint8x16_t numbers = vdupq_n_u8(3);
    for (int64_t i = 0; i < rounds; ++i)
#pragma GCC unroll 16
        for (int32x4_t& sum : sums) {
            sum = dot(sum, numbers, numbers);
            asm volatile("" : "+w"(sum));
        }
    return rounds * kChains * 4 * kGroup;
}

}  // namespace neondot_integer

const Kernels kNeonDotInteger = {"neondot",
                                 sizeof(uint8_t),
                                 neondot_integer::kGroup,
                                 neondot_integer::dense_bytes,
                                 neondot_integer::depthwise_bytes,
                                 neondot_integer::pack_dense,
                                 neondot_integer::pack_depthwise,
                                 neondot_integer::gemm,
                                 neondot_integer::depthwise,
                                 neondot_integer::peak};

}  // namespace mnv2
