// Integer kernels for NEON with dot products (udot, from ARMv8.2): sixteen products of bytes an
// instruction, summed up in fours. Maps are multiplied as the bytes they are; nothing is widened.
//
// A weight's zero point z may be any byte, and w - z then fits no byte. So raw weights are
// multiplied, int8 ones moved up by 128 (and their zero points with them), and z is taken off
// afterwards: sum x (w - z) = sum x w - z sum x. The sum over a pixel is the same for all channels
// and costs a few percent; everything is exact, as it all counts modulo 2^32 and the end fits.

#include <arm_neon.h>

#include <cstring>
#include <utility>

#include "kernels.h"

namespace mnv2 {
namespace neondot_integer {

using Wide = uint8_t;
using Weight = uint8_t;

#include "simd/neon_ending.h"

// Behind the weights lie int32 zero points [padded] and a byte [k] for each number of a window: 1
// where it counts, 0 where it is padding that may hold anything.
size_t weight_bytes(const Packed& packed) {
    return static_cast<size_t>(packed.k()) * static_cast<size_t>(packed.padded);
}
int32_t* zero_points_of(const Packed& packed) {
    return reinterpret_cast<int32_t*>(packed.weights + weight_bytes(packed));
}
uint8_t* mask_of(const Packed& packed) {
    return reinterpret_cast<uint8_t*>(zero_points_of(packed) + packed.padded);
}

size_t dense_bytes(const Packed& packed) {
    return weight_bytes(packed) + sizeof(int32_t) * static_cast<size_t>(packed.padded) +
           static_cast<size_t>(packed.k());
}

int32_t raw_zero_point(const NaturalWeights& natural, int channel) {
    return natural.zero_points[channel] + (natural.is_signed ? 128 : 0);
}

uint8_t raw_weight(const NaturalWeights& natural, int channel, int row) {
    if (natural.rows[row] < 0) return 0;
    return static_cast<uint8_t>(natural.integer(channel, row) + raw_zero_point(natural, channel));
}

void pack_dense(const NaturalWeights& natural, Packed& packed) {
    const int groups = packed.k() / kGroup;
    uint8_t* to = packed.weights_as<uint8_t>();
    for (int n = 0; n < packed.padded;) {
        const int width = panel_vectors(packed, n, kLanes) * kLanes;
        for (int group = 0; group < groups; ++group)
            for (int lane = 0; lane < width; ++lane)
                for (int i = 0; i < kGroup; ++i, ++to)
                    if (n + lane < natural.out)
                        *to = raw_weight(natural, n + lane, kGroup * group + i);
        n += width;
    }
    for (int n = 0; n < natural.out; ++n)
        zero_points_of(packed)[n] = raw_zero_point(natural, n);
    for (int k = 0; k < packed.k(); ++k) mask_of(packed)[k] = natural.rows[k] >= 0;
}

// Four numbers of a pixel in every lane.
inline uint8x16_t broadcast_group(const uint8_t* from) {
    uint32_t four;
    std::memcpy(&four, from, sizeof four);
    return vreinterpretq_u8_u32(vdupq_n_u32(four));
}

inline int32_t sum_of_pixel(const Packed& w, const uint8_t* a) {
    const uint8_t* mask = mask_of(w);
    uint32x4_t sums = vdupq_n_u32(0);
    uint32x2_t rest = vdup_n_u32(0);
    for (const int32_t segment : w.segments) {
        int k = 0;
        for (; k + 16 <= w.segment_length; k += 16, mask += 16)
            sums = vdotq_u32(sums, vld1q_u8(a + segment + k), vld1q_u8(mask));
        for (; k < w.segment_length; k += kGroup, mask += kGroup)
            rest = vdot_u32(rest, vget_low_u8(broadcast_group(a + segment + k)),
                            vget_low_u8(broadcast_group(mask)));
    }
    return static_cast<int32_t>(vaddvq_u32(sums) + vget_lane_u32(rest, 0));
}

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
                const uint8x16_t pixel = broadcast_group(a + r * stride + segment + k);
#pragma GCC unroll 16
                for (int v = 0; v < Vectors; ++v) {
                    sums[r][v].low = dot(sums[r][v].low, weights[2 * v], pixel);
                    sums[r][v].high = dot(sums[r][v].high, weights[2 * v + 1], pixel);
                }
            }
        }
    const int32_t* zero_points = zero_points_of(*g.weights) + n;
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
        const int32_t pixel = sum_of_pixel(*g.weights, a + r * stride);
#pragma GCC unroll 16
        for (int v = 0; v < Vectors; ++v) {
            const Sums zeros = Sums::load(zero_points + v * kLanes);
            sums[r][v].low = vmlsq_n_s32(sums[r][v].low, zeros.low, pixel);
            sums[r][v].high = vmlsq_n_s32(sums[r][v].high, zeros.high, pixel);
        }
    }
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
