// Float kernels for AVX-512: 32 registers of 16 floats.

#include <immintrin.h>

#include <cstring>
#include <utility>

#include "kernels.h"

namespace mnv2 {
namespace avx512_float {

struct Vector {
    static constexpr int kLanes = 16;
    __m512 value;

    static Vector load(const float* from) { return {_mm512_loadu_ps(from)}; }
    static Vector load_half(const float* from) { return {_mm512_maskz_loadu_ps(0xff, from)}; }
    static Vector broadcast(float value) { return {_mm512_set1_ps(value)}; }
    static Vector multiply_add(Vector a, Vector b, Vector c) {
        return {_mm512_fmadd_ps(a.value, b.value, c.value)};
    }
    static Vector add(Vector a, Vector b) { return {_mm512_add_ps(a.value, b.value)}; }
    // Both return their second argument where one is not a number, so a NaN stays visible.
    static Vector maximum(Vector a, Vector b) { return {_mm512_max_ps(a.value, b.value)}; }
    static Vector minimum(Vector a, Vector b) { return {_mm512_min_ps(a.value, b.value)}; }
    static void store(float* to, Vector v) { _mm512_storeu_ps(to, v.value); }
    static void store_half(float* to, Vector v) { _mm512_mask_storeu_ps(to, 0xff, v.value); }
};

// Pixels of a tile by its vectors: 8x3 and 12x2 are 24 sums, which leaves 8 registers.
constexpr int kRows[] = {0, 14, 12, 8};
constexpr int kWidest = 3;

#include "simd/panels.h"

#include "simd/float_kernels.h"

}  // namespace avx512_float

const Kernels kAvx512Float = {"avx512",
                              sizeof(float),
                              1,
                              avx512_float::float_dense_bytes,
                              avx512_float::float_depthwise_bytes,
                              avx512_float::float_pack_dense,
                              avx512_float::float_pack_depthwise,
                              avx512_float::float_gemm,
                              avx512_float::float_depthwise,
                              avx512_float::float_peak};

}  // namespace mnv2
