// Integer kernels for AVX2. Numbers are multiplied as pairs of int16 (vpmaddwd): exact for any
// uint8 activation and any weight, with or without a zero point. The wide element is int16, so
// that a pair of neighboring channels is broadcast by one load.
//
// Two vectors of 8 sums are packed into 16 outputs within the halves of a register. To get them in
// order without a permutation, the channels of such a pair of vectors are {0-3, 8-11} and {4-7,
// 12-15}; weights, biases and multipliers are stored that way.

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

// The channel, within a panel or block, of lane `lane` of vector `vector` out of `vectors`.
int channel_of(int vector, int lane, int vectors) {
    const bool paired = vector % 2 == 1 || vector + 1 < vectors;
    if (!paired) return vector * kLanes + lane;
    return vector / 2 * 16 + lane / 4 * 8 + vector % 2 * 4 + lane % 4;
}

// Reorders biases and multipliers of the channels [n, n + 8 * vectors) as their sums will lie.
void permute(Packed& packed, int n, int vectors) {
    int32_t bias[3 * kLanes];
    float multipliers[3 * kLanes];
    for (int v = 0; v < vectors; ++v)
        for (int lane = 0; lane < kLanes; ++lane) {
            const int channel = n + channel_of(v, lane, vectors);
            bias[v * kLanes + lane] = packed.bias.as<int32_t>()[channel];
            multipliers[v * kLanes + lane] = packed.multipliers.as<float>()[channel];
        }
    for (int i = 0; i < vectors * kLanes; ++i) {
        packed.bias.as<int32_t>()[n + i] = bias[i];
        packed.multipliers.as<float>()[n + i] = multipliers[i];
    }
}

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
    T* to = packed.weights_as<T>();
    for (int n = 0; n < packed.padded;) {
        const int vectors = panel_vectors(n, packed.padded, kLanes);
        permute(packed, n, vectors);
        for (int pair = 0; pair < pairs; ++pair)
            for (int v = 0; v < vectors; ++v)
                for (int lane = 0; lane < kLanes; ++lane, to += 2) {
                    const int channel = n + channel_of(v, lane, vectors);
                    for (int i = 0; i < 2; ++i)
                        if (channel < natural.out)
                            to[i] = static_cast<T>(natural.integer(channel, 2 * pair + i));
                }
        n += vectors * kLanes;
    }
}

void pack_dense(const NaturalWeights& natural, Packed& packed) {
    halved(packed) ? pack_as<int8_t>(natural, packed) : pack_as<int16_t>(natural, packed);
}

// Constants that every output of a layer needs.
struct Ending {
    __m256i zero_point, low, high;

    explicit Ending(const Packed& w)
        : zero_point(_mm256_set1_epi16(static_cast<int16_t>(w.zero_point))),
          low(_mm256_set1_epi16(static_cast<int16_t>(w.clamp.low))),
          high(_mm256_set1_epi16(static_cast<int16_t>(w.clamp.high))) {}

    // 16 sums (one vector twice where there are 8) to 16 outputs as int16.
    __m256i operator()(__m256i first, __m256i second, __m256 scale0, __m256 scale1) const {
        const __m256i a = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_cvtepi32_ps(first), scale0));
        const __m256i b = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_cvtepi32_ps(second), scale1));
        const __m256i q = _mm256_adds_epi16(_mm256_packs_epi32(a, b), zero_point);
        return _mm256_min_epi16(_mm256_max_epi16(q, low), high);
    }
};

// The shortcut: 16 outputs as int16 and 16 bytes of the block's input become their sum. The factors
// of 21 bits are split, so that both products are made at once, exactly, as a pair of int16.
struct Shortcut {
    static constexpr int kLowBits = 11;

    __m256i high, low, bias, zero_point, least, most;
    __m128i shift;

    explicit Shortcut(const Sum& s)
        : high(pair(s.first >> kLowBits, s.second >> kLowBits)),
          low(pair(s.first % (1 << kLowBits), s.second % (1 << kLowBits))),
          bias(_mm256_set1_epi32(s.bias())),
          zero_point(_mm256_set1_epi16(static_cast<int16_t>(s.out_zero_point))),
          least(_mm256_set1_epi16(static_cast<int16_t>(s.clamp.low))),
          most(_mm256_set1_epi16(static_cast<int16_t>(s.clamp.high))),
          shift(_mm_cvtsi32_si128(s.shift)) {}

    static __m256i pair(int first, int second) { return _mm256_set1_epi32(second << 16 | first); }

    __m256i steps(__m256i pairs) const {
        const __m256i products = _mm256_add_epi32(
            _mm256_slli_epi32(_mm256_madd_epi16(pairs, high), kLowBits),
            _mm256_madd_epi16(pairs, low));
        return _mm256_sra_epi32(_mm256_add_epi32(products, bias), shift);
    }

    __m256i operator()(__m256i outputs, __m128i bytes) const {
        const __m256i source = _mm256_cvtepu8_epi16(bytes);
        const __m256i both =
            _mm256_packs_epi32(steps(_mm256_unpacklo_epi16(outputs, source)),
                               steps(_mm256_unpackhi_epi16(outputs, source)));
        const __m256i q = _mm256_adds_epi16(both, zero_point);
        return _mm256_min_epi16(_mm256_max_epi16(q, least), most);
    }
};

__m128i to_bytes(__m256i q) {
    return _mm256_castsi256_si128(
        _mm256_permute4x64_epi64(_mm256_packus_epi16(q, q), 0x08));
}

// Where a tile goes: its first pixel's outputs and shortcut.
template <class T, int Rows>
struct Target {
    T* c[Rows];
    const uint8_t* residual;
};

template <class T, int Rows>
inline __attribute__((always_inline)) void store(const Gemm& g, const Target<T, Rows>& target,
                                                 const Shortcut& shortcut, int row, int lane,
                                                 __m256i q, bool half) {
    if (target.residual) {
        const uint8_t* from = target.residual + row * g.residual_stride + lane;
        q = shortcut(q, half ? _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))
                             : _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
    }
    T* to = target.c[row] + lane;
    if constexpr (sizeof(T) == 2) {
        if (half)
            _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_castsi256_si128(q));
        else
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), q);
    } else {
        if (half)
            _mm_storel_epi64(reinterpret_cast<__m128i*>(to), to_bytes(q));
        else
            _mm_storeu_si128(reinterpret_cast<__m128i*>(to), to_bytes(q));
    }
}

template <int Rows, int Vectors, class T>
inline __attribute__((always_inline)) void finish(const Gemm& g, __m256i (&sums)[Rows][Vectors],
                                                  int n, const Target<T, Rows>& target) {
    const Ending ending(*g.weights);
    const Shortcut shortcut(target.residual ? *g.sum : Sum());
    const float* multipliers = g.weights->multipliers.as<float>() + n;
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; v += 2) {
        const bool half = v + 1 == Vectors;
        const __m256 scale0 = _mm256_loadu_ps(multipliers + v * kLanes);
        const __m256 scale1 = half ? scale0 : _mm256_loadu_ps(multipliers + (v + 1) * kLanes);
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r) {
            const __m256i first = sums[r][v];
            __m256i q = ending(first, half ? first : sums[r][half ? v : v + 1], scale0, scale1);
            if (half) q = _mm256_permute4x64_epi64(q, 0x08);
            store(g, target, shortcut, r, v * kLanes, q, half);
        }
    }
}

__m256i broadcast_pair(const int16_t* pair) {
    int32_t both;
    __builtin_memcpy(&both, pair, sizeof both);
    return _mm256_set1_epi32(both);
}

__m256i load(const int16_t* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

template <int Rows, int Vectors, class T>
inline __attribute__((always_inline)) void tile(const Gemm& g, const int16_t* a, const int16_t* b,
                                                int n, const Target<T, Rows>& target, Ahead ahead) {
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
            __m256i weights[Vectors];
#pragma GCC unroll 16
            for (int v = 0; v < Vectors; ++v) weights[v] = load(b + v * 2 * kLanes);
            b += Vectors * 2 * kLanes;
#pragma GCC unroll 16
            for (int r = 0; r < Rows; ++r) {
                const __m256i pixel = broadcast_pair(at + r * stride + k);
#pragma GCC unroll 16
                for (int v = 0; v < Vectors; ++v)
                    sums[r][v] =
                        _mm256_add_epi32(sums[r][v], _mm256_madd_epi16(pixel, weights[v]));
            }
        }
    }
    finish<Rows, Vectors>(g, sums, n, target);
}

// What is fetched meanwhile.
struct Following {
    const char* panel;
    size_t bytes;
};

// One panel of channels for `count` tiles of `Rows` pixels; `next` is the panel behind it.
template <int Rows, int Vectors, class T>
void panel(const Gemm& g, const int16_t* b, Following next, int n, int count, TileWalk<T>& walk) {
    Ahead ahead(next.panel, next.bytes, g.m / Rows, g.weights->k() / 2);
    for (int i = 0; i < count; ++i, ahead.next_tile()) {
        const int16_t* a = static_cast<const int16_t*>(g.a) + walk.pixel * g.a_stride;
        const auto* residual = static_cast<const uint8_t*>(g.residual);
        if (residual) residual += walk.pixel * g.residual_stride + (n - g.n0);
        Target<T, Rows> target;
        target.residual = residual;
        walk.take(g, target.c);
        tile<Rows, Vectors>(g, a, b, n, target, ahead);
    }
}

void widen_panel(const int8_t* from, size_t count, int16_t* to) {
    for (size_t i = 0; i < count; i += 16)
        _mm256_store_si256(reinterpret_cast<__m256i*>(to + i),
                           _mm256_cvtepi8_epi16(_mm_loadu_si128(
                               reinterpret_cast<const __m128i*>(from + i))));
}

template <class T>
using Panel = void (*)(const Gemm&, const int16_t*, Following, int, int, TileWalk<T>&);

template <int Vectors, class T, int... Rows>
Panel<T> panel_of(int rows, std::integer_sequence<int, Rows...>) {
    static constexpr Panel<T> kPanels[] = {panel<Rows + 1, Vectors, T>...};
    return kPanels[rows - 1];
}

template <int Vectors, class T>
void run_panel(const Gemm& g, const void* packed, size_t bytes, int n) {
    constexpr auto kHeights = std::make_integer_sequence<int, kRows[Vectors]>();
    alignas(32) int16_t widened[Vectors * kLanes * kDeepest];
    const bool widens = halved(*g.weights);
    if (widens) widen_panel(static_cast<const int8_t*>(packed), bytes, widened);
    const int16_t* b = widens ? widened : static_cast<const int16_t*>(packed);
    const Following next{static_cast<const char*>(packed), bytes};
    const Tiling tiling(g.m, kRows[Vectors]);
    TileWalk<T> walk(g, 0, n - g.n0);
    panel_of<Vectors, T>(tiling.height, kHeights)(g, b, next, n, tiling.high, walk);
    if (tiling.low)
        panel_of<Vectors, T>(tiling.height - 1, kHeights)(g, b, next, n, tiling.low, walk);
}

template <class T>
void run_gemm(const Gemm& g) {
    const Packed& w = *g.weights;
    const size_t channel = static_cast<size_t>(w.k()) * (halved(w) ? 1 : sizeof(int16_t));
    const char* b = w.weights + static_cast<size_t>(g.n0) * channel;
    for (int n = g.n0; n < g.n0 + g.n;) {
        const int vectors = panel_vectors(n, w.padded, kLanes);
        const size_t bytes = static_cast<size_t>(vectors * kLanes) * channel;
        switch (vectors) {
            case 1: run_panel<1, T>(g, b, bytes, n); break;
            case 2: run_panel<2, T>(g, b, bytes, n); break;
            default: run_panel<3, T>(g, b, bytes, n);
        }
        b += bytes;
        n += vectors * kLanes;
    }
}

void gemm(const Gemm& g) {
    if (g.m <= 0) return;
    if (g.wide_c)
        run_gemm<int16_t>(g);
    else
        run_gemm<uint8_t>(g);
}

// For each block of 16 channels ten vectors: taps of the first two rows as pairs, column by column
// (low and high channels each), the third row's first two taps as a pair, its last one alone.
constexpr int kDepthwiseBlock = 10 * 16;

size_t depthwise_bytes(const Packed& packed) {
    return sizeof(int16_t) * kDepthwiseBlock * static_cast<size_t>((packed.padded + 15) / 16);
}

void pack_depthwise(const NaturalWeights& natural, Packed& packed) {
    const int blocks = (packed.padded + 15) / 16;
    constexpr int kPairs[5][2] = {{0, 3}, {1, 4}, {2, 5}, {6, 7}, {8, -1}};
    for (int block = 0; block < blocks; ++block) {
        permute(packed, block * 16, 2);
        int16_t* to = packed.weights_as<int16_t>() + block * kDepthwiseBlock;
        for (const auto& taps : kPairs)
            for (int v = 0; v < 2; ++v)
                for (int lane = 0; lane < kLanes; ++lane, to += 2) {
                    const int channel = block * 16 + channel_of(v, lane, 2);
                    for (int i = 0; i < 2; ++i)
                        if (channel < natural.out && taps[i] >= 0)
                            to[i] = static_cast<int16_t>(natural.integer(channel, taps[i]));
                }
    }
}

// The channels of two rows, next to each other: what vpmaddwd sums up.
struct Pairs {
    __m256i low, high;
    Pairs(__m256i a, __m256i b)
        : low(_mm256_unpacklo_epi16(a, b)), high(_mm256_unpackhi_epi16(a, b)) {}
};

struct Sums {
    __m256i low, high;
    void add(const Pairs& pairs, const int16_t* weights) {
        low = _mm256_add_epi32(low, _mm256_madd_epi16(pairs.low, load(weights)));
        high = _mm256_add_epi32(high, _mm256_madd_epi16(pairs.high, load(weights + 16)));
    }
};

// `Sliding`: windows of neighboring outputs overlap by two columns, which are kept in registers.
template <bool Sliding>
void depthwise_block(const Depthwise& d, int n) {
    const Packed& w = *d.weights;
    const int16_t* weights = w.weights_as<int16_t>() + (d.n0 + n) / 16 * kDepthwiseBlock;
    const Ending ending(w);
    const __m256 scale0 = _mm256_loadu_ps(w.multipliers.as<float>() + d.n0 + n);
    const __m256 scale1 = _mm256_loadu_ps(w.multipliers.as<float>() + d.n0 + n + kLanes);
    const int32_t* bias = w.bias.as<int32_t>() + d.n0 + n;
    const Sums start{_mm256_loadu_si256(reinterpret_cast<const __m256i*>(bias)),
                     _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bias + kLanes))};
    const bool half = n + 16 > d.n;
    const ptrdiff_t tap = d.tap_stride;
    for (int y = 0; y < d.rows; ++y) {
        const int16_t* in[3];
        for (int r = 0; r < 3; ++r) in[r] = static_cast<const int16_t*>(d.taps[3 * y + r]) + n;
        const auto column = [&](ptrdiff_t at) { return Pairs(load(in[0] + at), load(in[1] + at)); };
        Pairs left = column(0), middle = column(tap);
        for (int x = 0; x < d.width; ++x) {
            if (!Sliding && x) left = column(0), middle = column(tap);
            const Pairs right = column(2 * tap);
            Sums sums = start;
            sums.add(left, weights);
            sums.add(middle, weights + 32);
            sums.add(right, weights + 64);
            sums.add(Pairs(load(in[2]), load(in[2] + tap)), weights + 96);
            sums.add(Pairs(load(in[2] + 2 * tap), _mm256_setzero_si256()), weights + 128);
            const __m256i q = ending(sums.low, sums.high, scale0, scale1);
            const ptrdiff_t to = y * d.out_row_stride + x * d.out_stride + n;
            if (d.wide_out) {
                int16_t* out = static_cast<int16_t*>(d.out) + to;
                if (half)
                    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm256_castsi256_si128(q));
                else
                    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), q);
            } else {
                uint8_t* out = static_cast<uint8_t*>(d.out) + to;
                if (half)
                    _mm_storel_epi64(reinterpret_cast<__m128i*>(out), to_bytes(q));
                else
                    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), to_bytes(q));
            }
            if (Sliding) left = middle, middle = right;
            for (int r = 0; r < 3; ++r) in[r] += d.x_stride;
        }
    }
}

void depthwise(const Depthwise& d) {
    for (int n = 0; n < d.n; n += 16) {
        if (d.x_stride == d.tap_stride)
            depthwise_block<true>(d, n);
        else
            depthwise_block<false>(d, n);
    }
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
                              avx2_integer::depthwise};

}  // namespace mnv2
