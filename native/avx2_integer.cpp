// Integer kernels for AVX2. Numbers are multiplied as pairs of int16 (vpmaddwd): exact for any
// uint8 activation and any weight, with or without a zero point. The wide element is int16, so
// that a pair of neighboring channels is broadcast by one load.

#include <immintrin.h>

#include <cstring>
#include <utility>

#include "kernels.h"

namespace mnv2 {
namespace avx2_integer {

constexpr int kLanes = 8;
constexpr int kRows[] = {0, 8, 6, 4};
constexpr int kWidest = 2;
constexpr int kWidestTail = 3;

#include "simd/panels.h"
#include "simd/avx2_outputs.h"

// Weights that fit wait as int8: half the memory, and half the way from it. A panel of them is
// widened once, before its tiles.
constexpr int kDeepest = 1344;

bool halved(const Packed& packed) { return packed.narrow && packed.k() <= kDeepest; }

size_t dense_bytes(const Packed& packed) {
    return (halved(packed) ? 1 : sizeof(int16_t)) * static_cast<size_t>(packed.k()) *
           static_cast<size_t>(packed.padded);
}

template <class T>
void pack_as(const NaturalWeights& natural, Packed& packed) {
    const int pairs = packed.k() / 2;
    T* panel = packed.weights_as<T>();
    for (int n = 0; n < packed.padded;) {
        const int vectors = panel_vectors(packed, n, kLanes), width = 2 * vectors * kLanes;
        permute(packed, n, vectors);
        for (int i = 0; i < vectors * kLanes; ++i) {
            const int channel = n + channel_of(i / kLanes, i % kLanes, vectors);
            if (channel >= natural.out) continue;
            for (int pair = 0; pair < pairs; ++pair) {
                T* to = panel + pair * width + 2 * i;
                to[0] = static_cast<T>(natural.integer(channel, 2 * pair));
                to[1] = static_cast<T>(natural.integer(channel, 2 * pair + 1));
            }
        }
        panel += pairs * width;
        n += vectors * kLanes;
    }
}

void pack_dense(const NaturalWeights& natural, Packed& packed) {
    halved(packed) ? pack_as<int8_t>(natural, packed) : pack_as<int16_t>(natural, packed);
}

template <class To, int Rows, int Vectors>
inline __attribute__((always_inline)) void finish(const Gemm& g, __m256i (&sums)[Rows][Vectors],
                                                  int n, const Target<To, Rows>& target) {
    const typename To::End ending(*g.weights);
    const Shortcut shortcut(target.residual ? *g.sum : Sum());
    const float* multipliers = g.weights->multipliers.as<float>() + n;
#pragma GCC unroll 16
    for (int v = 0; v + 1 < Vectors; v += 2) {
        const __m256 scale0 = _mm256_loadu_ps(multipliers + v * kLanes);
        const __m256 scale1 = _mm256_loadu_ps(multipliers + (v + 1) * kLanes);
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r)
            store(g, target, shortcut, r, v * kLanes,
                  ending(sums[r][v], sums[r][v + 1], scale0, scale1));
    }
    if constexpr (Vectors % 2) {  // a vector that is left over is packed with the next pixel's
        constexpr int kLast = Vectors - 1;
        const __m256 scale = _mm256_loadu_ps(multipliers + kLast * kLanes);
#pragma GCC unroll 16
        for (int r = 0; r < Rows; r += 2) {
            const int next = r + 1 < Rows ? r + 1 : r;
            const __m256i both = ending(sums[r][kLast], sums[next][kLast], scale, scale);
            store_two(g, target, shortcut, r, next, kLast * kLanes,
                      _mm256_permute4x64_epi64(both, 0xd8));
        }
    }
}

__m256i broadcast_pair(const int16_t* pair) {
    int32_t both;
    __builtin_memcpy(&both, pair, sizeof both);
    return _mm256_set1_epi32(both);
}

__m256i load(const int8_t* from) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}

__m256i load(const int16_t* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

// A pixel's pair times weights that stay in memory.
__m256i madd(__m256i pixel, const int16_t* weights) {
    __m256i product;
    asm("vpmaddwd %1, %2, %0"
        : "=x"(product)
        : "m"(*reinterpret_cast<const __m256i*>(weights)), "x"(pixel));
    return product;
}

__m256i madd(__m256i pixel, const int8_t* weights) {
    return _mm256_madd_epi16(pixel, load(weights));
}

template <class To, int Rows, int Vectors, class W, class Ahead>
inline __attribute__((always_inline)) void tile(const Gemm& g, const int16_t* a, const W* b,
                                                int n, const Target<To, Rows>& target, Ahead ahead) {
    // 12 sums, a pixel, a product and all three weights would need 17 registers.
    constexpr int kHeld = Rows * Vectors == 12 ? 2 : Vectors;
    __m256i sums[Rows][Vectors];
    const int32_t* bias = g.weights->bias.as<int32_t>() + n;
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; ++v)
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r)
            sums[r][v] = _mm256_loadu_si256(
                reinterpret_cast<const __m256i*>(bias + v * kLanes));
    const ptrdiff_t stride = g.a_stride;
    const int length = g.weights->segment_length;
    for (const int32_t segment : g.weights->segments) {
        const int16_t* at = a + segment;
#pragma GCC unroll 2
        for (int k = 0; k < length; k += 2) {
            ahead.fetch();
            __m256i weights[kHeld];
#pragma GCC unroll 16
            for (int v = 0; v < kHeld; ++v) weights[v] = load(b + v * 2 * kLanes);
#pragma GCC unroll 16
            for (int r = 0; r < Rows; ++r) {
                const __m256i pixel = broadcast_pair(at + r * stride + k);
#pragma GCC unroll 16
                for (int v = 0; v < Vectors; ++v)
                    sums[r][v] = _mm256_add_epi32(
                        sums[r][v], v < kHeld ? _mm256_madd_epi16(pixel, weights[v])
                                              : madd(pixel, b + v * 2 * kLanes));
            }
            b += Vectors * 2 * kLanes;
        }
    }
    finish<To, Rows, Vectors>(g, sums, n, target);
}

// A panel as it lies in memory, where the one behind it is fetched meanwhile.
struct Stored {
    const char* panel;
    size_t bytes;
};

template <class To>
using Walk = TileWalk<typename To::Element>;

// One panel of channels for `count` tiles of `Rows` pixels.
template <class To, int Rows, int Vectors, class Ahead, class W = int16_t>
void panel(const Gemm& g, const W* b, Stored stored, int n, int count, Walk<To>& walk) {
    Ahead ahead(stored.panel, stored.bytes, g.m / Rows, g.weights->k() / 2);
    for (int i = 0; i < count; ++i, ahead.next_tile()) {
        const int16_t* a = static_cast<const int16_t*>(g.a) + walk.pixel * g.a_stride;
        const auto* residual = static_cast<const uint8_t*>(g.residual);
        if (residual) residual += walk.pixel * g.residual_stride + (n - g.n0);
        Target<To, Rows> target;
        target.residual = residual;
        walk.take(g, target.c);
        tile<To, Rows, Vectors>(g, a, b, n, target, ahead);
    }
}

void widen_panel(const int8_t* from, size_t count, int16_t* to) {
    for (size_t i = 0; i < count; i += 16)
        _mm256_store_si256(reinterpret_cast<__m256i*>(to + i), load(from + i));
}

template <class To>
using Panel = void (*)(const Gemm&, const int16_t*, Stored, int, int, Walk<To>&);

template <class To, int Vectors, int... Rows>
Panel<To> panel_of(int rows, bool by_tile, std::integer_sequence<int, Rows...>) {
    static constexpr Panel<To> kPanels[2][sizeof...(Rows)] = {
        {panel<To, Rows + 1, Vectors, Ahead>...}, {panel<To, Rows + 1, Vectors, AheadByTile>...}};
    return kPanels[by_tile][rows - 1];
}

template <class To, int Vectors>
void run_panel(const Gemm& g, const void* packed, size_t bytes, int n) {
    constexpr auto kHeights = std::make_integer_sequence<int, kRows[Vectors]>();
    const Stored stored{static_cast<const char*>(packed), bytes};
    const bool widens = halved(*g.weights);
    Walk<To> walk(g, n - g.n0);
    if (widens && g.m == 1)  // weights that are used but once are widened on their way
        return panel<To, 1, Vectors, Ahead>(
            g, static_cast<const int8_t*>(packed), stored, n, 1, walk);
    alignas(32) int16_t widened[Vectors * kLanes * kDeepest];
    if (widens) widen_panel(static_cast<const int8_t*>(packed), bytes, widened);
    const int16_t* b = widens ? widened : static_cast<const int16_t*>(packed);
    const Tiling tiling(g.m, kRows[Vectors]);
    const bool by_tile = AheadByTile::fits(bytes, tiling.high + tiling.low);
    panel_of<To, Vectors>(tiling.height, by_tile, kHeights)(g, b, stored, n, tiling.high, walk);
    if (tiling.low)
        panel_of<To, Vectors>(tiling.height - 1, by_tile, kHeights)(g, b, stored, n, tiling.low,
                                                                    walk);
}

template <class To>
void run_gemm(const Gemm& g) {
    const Packed& w = *g.weights;
    const size_t channel = static_cast<size_t>(w.k()) * (halved(w) ? 1 : sizeof(int16_t));
    const char* b = w.weights + static_cast<size_t>(g.n0) * channel;
    for (int n = g.n0; n < g.n0 + g.n;) {
        const int vectors = panel_vectors(w, n, kLanes);
        const size_t bytes = static_cast<size_t>(vectors * kLanes) * channel;
        switch (vectors) {
            case 1: run_panel<To, 1>(g, b, bytes, n); break;
            case 2: run_panel<To, 2>(g, b, bytes, n); break;
            default: run_panel<To, 3>(g, b, bytes, n);
        }
        b += bytes;
        n += vectors * kLanes;
    }
}

void gemm(const Gemm& g) {
    if (g.m <= 0) return;
    if (!g.wide_c)
        run_gemm<ToMap>(g);
    else if (EndingFromZero::fits(*g.weights))
        run_gemm<ToWideFromZero>(g);
    else
        run_gemm<ToWide>(g);
}

#include "simd/avx2_depthwise.h"

int64_t peak(int64_t rounds) {
    constexpr int kChains = 12;
    __m256i sums[kChains] = {}, numbers = _mm256_set1_epi16(3);
    for (int64_t i = 0; i < rounds; ++i)
#pragma GCC unroll 16
        for (__m256i& sum : sums) {
            asm("" : "+x"(numbers));  // or their product would be made once for all
            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(numbers, numbers));
            asm volatile("" : "+x"(sum));
        }
    return rounds * kChains * 2 * kLanes;
}

}  // namespace avx2_integer

const Kernels kAvx2Integer = {"avx2",
                              sizeof(int16_t),
                              2,
                              avx2_integer::dense_bytes,
                              avx2_integer::depthwise_bytes,
                              avx2_integer::pack_dense,
                              avx2_integer::pack_depthwise,
                              avx2_integer::gemm,
                              avx2_integer::depthwise,
                              avx2_integer::peak};

}  // namespace mnv2
