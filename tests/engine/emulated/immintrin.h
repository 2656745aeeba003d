// Stands in for the compiler's header of this name: AVX-512 in terms of what any x86 machine with
// AVX2 has, so that the kernels can be run and compared there. Needs SIMDe (Debian:
// libsimde-dev); what its version 0.7.4 lacks is written out below.
#pragma once

#include_next <immintrin.h>

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

namespace emulated {

template <class Vector, class Element>
struct Elements {
    static constexpr size_t kCount = sizeof(Vector) / sizeof(Element);
    Element at[kCount];

    explicit Elements(const Vector& vector) { std::memcpy(at, &vector, sizeof at); }
    operator Vector() const {
        Vector vector;
        std::memcpy(&vector, at, sizeof at);
        return vector;
    }
};

inline simde__m512 cvtepi32_ps(simde__m512i a) {
    const Elements<simde__m512i, int32_t> from(a);
    Elements<simde__m512, float> to(simde_mm512_setzero_ps());
    for (size_t i = 0; i < to.kCount; ++i) to.at[i] = static_cast<float>(from.at[i]);
    return to;
}

inline simde__m512i cvtps_epi32(simde__m512 a) {
    const Elements<simde__m512, float> from(a);
    Elements<simde__m512i, int32_t> to(simde_mm512_setzero_si512());
    for (size_t i = 0; i < to.kCount; ++i) {
        const float rounded = std::nearbyint(from.at[i]);
        const bool fits = rounded >= -2147483648.0f && rounded < 2147483648.0f;
        to.at[i] = fits ? static_cast<int32_t>(rounded) : INT32_MIN;
    }
    return to;
}

inline simde__m512i sra_epi32(simde__m512i a, __m128i count) {
    const Elements<__m128i, uint64_t> bits(count);
    Elements<simde__m512i, int32_t> to(a);
    for (int32_t& number : to.at) number >>= bits.at[0] < 31 ? bits.at[0] : 31;
    return to;
}

// Lanes outside the mask are not read and not written.
inline simde__m512 maskz_loadu_ps(unsigned mask, const float* from) {
    Elements<simde__m512, float> to(simde_mm512_setzero_ps());
    for (size_t i = 0; i < to.kCount; ++i)
        if (mask >> i & 1) to.at[i] = from[i];
    return to;
}

inline void mask_storeu_ps(float* to, unsigned mask, simde__m512 a) {
    const Elements<simde__m512, float> from(a);
    for (size_t i = 0; i < from.kCount; ++i)
        if (mask >> i & 1) to[i] = from.at[i];
}

// AMX: what Intel's manual says of tiles that have been given a shape; without one, the end.
struct Tiles {
    uint8_t shapes[64] = {};
    uint8_t numbers[8][16][64] = {};

    int rows(int tile) const { return shapes[48 + tile] ? shapes[48 + tile] : (std::abort(), 0); }
    int bytes(int tile) const { return shapes[16 + 2 * tile]; }
};
inline thread_local Tiles tiles;

inline void tile_loadconfig(const void* shapes) {
    tiles = {};
    std::memcpy(tiles.shapes, shapes, sizeof tiles.shapes);
}

inline void tile_loadd(int to, const void* from, ptrdiff_t stride) {
    std::memset(tiles.numbers[to], 0, sizeof tiles.numbers[to]);
    for (int row = 0; row < tiles.rows(to); ++row)
        std::memcpy(tiles.numbers[to][row], static_cast<const char*>(from) + row * stride,
                    static_cast<size_t>(tiles.bytes(to)));
}

inline void tile_stored(int from, void* to, ptrdiff_t stride) {
    for (int row = 0; row < tiles.rows(from); ++row)
        std::memcpy(static_cast<char*>(to) + row * stride, tiles.numbers[from][row],
                    static_cast<size_t>(tiles.bytes(from)));
}

inline void tile_dpbusd(int sums, int pixels, int weights) {
    for (int row = 0; row < tiles.rows(sums); ++row)
        for (int column = 0; column < tiles.bytes(sums) / 4; ++column) {
            int32_t sum;
            std::memcpy(&sum, tiles.numbers[sums][row] + 4 * column, sizeof sum);
            for (int group = 0; group < tiles.rows(weights); ++group)
                for (int i = 0; i < 4; ++i)
                    sum += tiles.numbers[pixels][row][4 * group + i] *
                           static_cast<int8_t>(tiles.numbers[weights][group][4 * column + i]);
            std::memcpy(tiles.numbers[sums][row] + 4 * column, &sum, sizeof sum);
        }
}

}  // namespace emulated

#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbusd
#define _tile_loadconfig(shapes) emulated::tile_loadconfig(shapes)
#define _tile_release() emulated::tiles = {}
#define _tile_loadd(to, from, stride) emulated::tile_loadd(to, from, stride)
#define _tile_stored(from, to, stride) emulated::tile_stored(from, to, stride)
#define _tile_dpbusd(sums, pixels, weights) emulated::tile_dpbusd(sums, pixels, weights)
#define _mm512_cvtepi32_ps(a) emulated::cvtepi32_ps(a)
#define _mm512_cvtps_epi32(a) emulated::cvtps_epi32(a)
#define _mm512_sra_epi32(a, count) emulated::sra_epi32(a, count)
#define _mm512_maskz_loadu_ps(mask, from) emulated::maskz_loadu_ps(mask, from)
#define _mm512_mask_storeu_ps(to, mask, a) emulated::mask_storeu_ps(to, mask, a)
