// Integer kernels for AVX-512 with VNNI. One instruction multiplies 64 uint8 activations with as
// many int8 weights and adds four products to each of 16 sums: the wide element is uint8, so maps
// are read as they are.

#include <immintrin.h>

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "lift.h"

namespace mnv2 {
namespace vnni_integer {

#define MNV2_DPBUSD "vpdpbusd"

constexpr int kWidest = 3;  // panels of a whole network begin at multiples of 48 channels

#include "simd/panels.h"
#include "simd/vnni_ymm.h"
#include "simd/vnni_zmm.h"

using Full = Zmm;

// Either vector's from a whole one that holds the same number everywhere.
template <class V>
MNV2_INLINE typename V::Ints narrowed(__m512i all) {
    if constexpr (V::kLanes == 16)
        return all;
    else
        return _mm512_castsi512_si256(all);
}

// Pixels of a tile: of the highest one, up to 24 sums leave registers for the weights and one pixel.
// With 12 pixels by 2 vectors gcc moves sums about; llvm-mca gives such a loop 75 % of Ice Lake's
// peak, 11 pixels 91 %, 8 by 3 vectors 99 %. One vector alone waits for broadcasts: 70 %.
constexpr int highest(int vectors, bool half) {
    constexpr int kHighest[2][4] = {{0, 14, 11, 8}, {12, 10, 8, 0}};
    return kHighest[half][vectors];
}

using BytePlace = Place<uint8_t, uint8_t, uint8_t>;

#include "simd/vnni_outputs.h"
#include "simd/vnni_pack.h"
#include "simd/vnni_tile.h"
#include "simd/vnni_gemm.h"
#include "simd/vnni_rows.h"
#include "simd/vnni_two_rows.h"
#include "simd/vnni_depthwise.h"

}  // namespace vnni_integer

const Kernels kVnniInteger = {"vnni",
                              sizeof(uint8_t),
                              vnni_integer::kGroup,
                              vnni_integer::dense_bytes,
                              vnni_integer::depthwise_bytes,
                              vnni_integer::pack_dense,
                              vnni_integer::pack_depthwise,
                              vnni_integer::gemm,
                              vnni_integer::depthwise,
                              vnni_integer::peak};

}  // namespace mnv2
