// Float kernels for AVX2 and FMA: 16 registers of 8 floats.

#include <immintrin.h>

#include <cstring>
#include <utility>

#include "kernels.h"

namespace mnv2 {
namespace avx2_float {

struct Vector {
    static constexpr int kLanes = 8;
    __m256 value;

    static Vector load(const float* from) { return {_mm256_loadu_ps(from)}; }
    static Vector load_half(const float* from) { return load(from); }
    static Vector broadcast(float value) { return {_mm256_set1_ps(value)}; }
    static Vector multiply_add(Vector a, Vector b, Vector c) {
        return {_mm256_fmadd_ps(a.value, b.value, c.value)};
    }
    static Vector add(Vector a, Vector b) { return {_mm256_add_ps(a.value, b.value)}; }
    // Both return their second argument where one is not a number, so a NaN stays visible.
    static Vector maximum(Vector a, Vector b) { return {_mm256_max_ps(a.value, b.value)}; }
    static Vector minimum(Vector a, Vector b) { return {_mm256_min_ps(a.value, b.value)}; }
    static void store(float* to, Vector v) { _mm256_storeu_ps(to, v.value); }
    static void store_half(float* to, Vector v) { store(to, v); }
};

// Pixels of a tile by its vectors: 6x2 and 4x3 are 12 sums, which leaves 4 registers.
constexpr int kRows[] = {0, 8, 6, 4};
constexpr int kWidest = 3;

#include "simd/panels.h"

#include "simd/float_kernels.h"

}  // namespace avx2_float

const Kernels kAvx2Float = {"avx2",
                            sizeof(float),
                            1,
                            avx2_float::float_dense_bytes,
                            avx2_float::float_depthwise_bytes,
                            avx2_float::float_pack_dense,
                            avx2_float::float_pack_depthwise,
                            avx2_float::float_gemm,
                            avx2_float::float_depthwise,
                            avx2_float::float_peak};

}  // namespace mnv2
