// Float kernels for NEON, which every 64-bit ARM has: 32 registers of 4 floats.

#include <arm_neon.h>

#include <cstring>
#include <iterator>
#include <utility>

#include "kernels.h"

namespace mnv2 {
namespace neon_float {

struct Vector {
    static constexpr int kLanes = 4;
    float32x4_t value;

    static Vector load(const float* from) { return {vld1q_f32(from)}; }
    static Vector broadcast(float value) { return {vdupq_n_f32(value)}; }
    static Vector multiply_add(Vector a, Vector b, Vector c) {
        return {vfmaq_f32(c.value, a.value, b.value)};
    }
    static Vector add(Vector a, Vector b) { return {vaddq_f32(a.value, b.value)}; }
    // Both return a NaN where either argument is one.
    static Vector maximum(Vector a, Vector b) { return {vmaxq_f32(a.value, b.value)}; }
    static Vector minimum(Vector a, Vector b) { return {vminq_f32(a.value, b.value)}; }
    static void store(float* to, Vector v) { vst1q_f32(to, v.value); }
    // Channels come in eights: no vector is ever cut in half.
    static Vector load_half(const float* from) { return load(from); }
    static void store_half(float* to, Vector v) { store(to, v); }
};

// Pixels of a tile by its vectors: 8 pixels by 8 channels are 16 sums, 5 by 16 are 20. With 6 by 16,
// which would fit, gcc 12 spills sums in the innermost loop.
constexpr int kRows[] = {0, 0, 8, 0, 5};
constexpr int kWidest = 4;

#include "simd/panels.h"

#include "simd/float_kernels.h"

}  // namespace neon_float

const Kernels kNeonFloat = {"neon",
                            sizeof(float),
                            1,
                            neon_float::float_dense_bytes,
                            neon_float::float_depthwise_bytes,
                            neon_float::float_pack_dense,
                            neon_float::float_pack_depthwise,
                            neon_float::float_gemm,
                            neon_float::float_depthwise,
                            neon_float::float_peak};

}  // namespace mnv2
