// Integer kernels for AVX-VNNI: what Intel's processors have that lack AVX-512, all of its laptops
// since 2021. The instruction and the kernels of vnni_integer.cpp, on 16 vectors of 32 bytes.

#include <immintrin.h>

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "lift.h"

#if MNV2_KNOWS_AVX_VNNI
namespace mnv2 {
namespace avxvnni_integer {

// AVX-512's encoding of the same instruction is what assemblers take by default.
#define MNV2_DPBUSD "%{vex%} vpdpbusd"

constexpr int kWidest = 3;

#include "simd/panels.h"
#include "simd/vnni_ymm.h"

using Full = Ymm;

template <class V>
MNV2_INLINE __m256i narrowed(__m256i all) {
    return all;
}

// Pixels of a tile: 12 sums leave registers for three vectors of weights and one pixel.
constexpr int highest(int vectors, bool) {
    constexpr int kHighest[] = {0, 12, 6, 4};
    return kHighest[vectors];
}

using BytePlace = Place<uint8_t, uint8_t, uint8_t>;

#include "simd/vnni_outputs.h"
#include "simd/vnni_pack.h"
#include "simd/vnni_tile.h"
#include "simd/vnni_gemm.h"
#include "simd/vnni_rows.h"
#include "simd/vnni_depthwise.h"

}  // namespace avxvnni_integer

const Kernels kAvxVnniInteger = {"avxvnni",
                                 sizeof(uint8_t),
                                 avxvnni_integer::kGroup,
                                 avxvnni_integer::dense_bytes,
                                 avxvnni_integer::depthwise_bytes,
                                 avxvnni_integer::pack_dense,
                                 avxvnni_integer::pack_depthwise,
                                 avxvnni_integer::gemm,
                                 avxvnni_integer::depthwise,
                                 avxvnni_integer::peak};

}  // namespace mnv2
#endif
