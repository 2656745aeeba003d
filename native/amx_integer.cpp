// Integer kernels for AMX, what Intel's servers have since 2023: matrix products as tiles of 16 pixels
// by 16 channels, 64 numbers at a time. Depthwise convolutions and all that follows on a product are
// vnni_integer.cpp's.

#include <immintrin.h>

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "lift.h"

#if MNV2_KNOWS_AMX
namespace mnv2 {
namespace amx_integer {

#define MNV2_DPBUSD "vpdpbusd"

constexpr int kWidest = 3;  // tiles of a panel, as vnni_integer.cpp has vectors

#include "simd/panels.h"
#include "simd/vnni_ymm.h"
#include "simd/vnni_zmm.h"

using Full = Zmm;

template <class V>
MNV2_INLINE typename V::Ints narrowed(__m512i all) {
    if constexpr (V::kLanes == 16)
        return all;
    else
        return _mm512_castsi512_si256(all);
}

#include "simd/vnni_outputs.h"
#include "simd/vnni_pack.h"
#include "simd/vnni_tile.h"
#include "simd/amx_tiles.h"
#include "simd/amx_pack.h"
#include "simd/amx_gemm.h"

size_t depthwise_bytes(const Packed& packed) { return kVnniInteger.depthwise_bytes(packed); }
void pack_depthwise(const NaturalWeights& natural, Packed& packed) {
    kVnniInteger.pack_depthwise(natural, packed);
}
void depthwise(const Depthwise& d) { kVnniInteger.depthwise(d); }

}  // namespace amx_integer

const Kernels kAmxInteger = {"amx",
                             sizeof(uint8_t),
                             amx_integer::kGroup,
                             amx_integer::dense_bytes,
                             amx_integer::depthwise_bytes,
                             amx_integer::pack_dense,
                             amx_integer::pack_depthwise,
                             amx_integer::gemm,
                             amx_integer::depthwise,
                             amx_integer::peak,
                             amx_integer::begin,
                             amx_integer::end};

}  // namespace mnv2
#endif
