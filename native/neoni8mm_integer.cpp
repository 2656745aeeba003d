// Integer kernels for NEON with matrix products (usmmla, the extension i8mm: Apple's M2, Graviton 3,
// Cortex-X2 and later): eight numbers of two pixels times eight weights of two channels, 32 products
// an instruction and twice those of a dot product. Maps are multiplied as the bytes they are.

#include <arm_neon.h>

#include <cstring>
#include <type_traits>
#include <utility>

#include "kernels.h"

namespace mnv2 {
namespace neoni8mm_integer {

using Wide = uint8_t;
using Weight = int8_t;

constexpr int kGroup = 8;  // numbers of a window that are multiplied at a time

// Pixels go in pairs: 16 and 24 registers of sums, and room for three pairs and their weights.
constexpr int kRows[] = {0, 8, 6};

#include "simd/neon_ending.h"
#include "simd/neon_raw.h"

// Two pixels by two channels: the first pixel's sums are in the lower half.
inline int32x4_t multiply(int32x4_t sums, uint8x16_t pixels, int8x16_t weights) {
    return vusmmlaq_s32(sums, pixels, weights);
}

inline int32x4_t half_of(int32x4_t a, int32x4_t b, bool upper) {
    const int64x2_t first = vreinterpretq_s64_s32(a), second = vreinterpretq_s64_s32(b);
    return vreinterpretq_s32_s64(upper ? vzip2q_s64(first, second) : vzip1q_s64(first, second));
}

template <int Rows, int Vectors>
inline __attribute__((always_inline)) void tile_sums(const Gemm& g, const uint8_t* a,
                                                     const int8_t* b, int n,
                                                     Sums (&sums)[Rows][Vectors], Ahead ahead) {
    // The last of an odd number of pixels is its own neighbor.
    constexpr int kPairs = (Rows + 1) / 2, kColumns = Vectors * kLanes / 2;
    const ptrdiff_t stride = g.a_stride;
    const int length = g.weights->segment_length;
    int32x4_t products[kPairs][kColumns] = {};
    for (const int32_t segment : g.weights->segments)
        for (int k = 0; k < length; k += kGroup, b += kGroup * Vectors * kLanes) {
            ahead.fetch();
            uint8x16_t pixels[kPairs];
#pragma GCC unroll 16
            for (int p = 0; p < kPairs; ++p) {
                const uint8_t* first = a + 2 * p * stride + segment + k;
                pixels[p] =
                    vcombine_u8(vld1_u8(first), vld1_u8(2 * p + 1 < Rows ? first + stride : first));
            }
#pragma GCC unroll 16
            for (int c = 0; c < kColumns; ++c) {
                const int8x16_t weights = vld1q_s8(b + 16 * c);
                asm("" ::: "memory");  // or gcc 12 loads all columns first, and spills sums for them
#pragma GCC unroll 16
                for (int p = 0; p < kPairs; ++p)
                    products[p][c] = multiply(products[p][c], pixels[p], weights);
            }
        }
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 16
        for (int v = 0; v < Vectors; ++v) {
            const int32x4_t* from = products[r / 2] + 4 * v;
            Sums& to = sums[r][v];
            to.low = vaddq_s32(to.low, half_of(from[0], from[1], r % 2));
            to.high = vaddq_s32(to.high, half_of(from[2], from[3], r % 2));
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
            sum = multiply(sum, numbers, vreinterpretq_s8_u8(numbers));
            asm volatile("" : "+w"(sum));
        }
    return rounds * kChains * 4 * kGroup;
}

}  // namespace neoni8mm_integer

const Kernels kNeonI8mmInteger = {"neoni8mm",
                                 sizeof(uint8_t),
                                 neoni8mm_integer::kGroup,
                                 neoni8mm_integer::dense_bytes,
                                 neoni8mm_integer::depthwise_bytes,
                                 neoni8mm_integer::pack_dense,
                                 neoni8mm_integer::pack_depthwise,
                                 neoni8mm_integer::gemm,
                                 neoni8mm_integer::depthwise,
                                 neoni8mm_integer::peak};

}  // namespace mnv2
