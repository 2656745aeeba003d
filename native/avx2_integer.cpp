// Integer kernels for AVX2. Numbers are multiplied as pairs of int16 (vpmaddwd): exact for any
// uint8 activation and any weight, with or without a zero point. The wide element is int16, so
// that a pair of neighboring channels is broadcast by one load.

#include <immintrin.h>

#include <cstring>
#include <type_traits>
#include <utility>

#include "lift.h"

namespace mnv2 {
namespace avx2_integer {

constexpr int kLanes = 8;
constexpr int kRows[] = {0, 8, 6, 4};
constexpr int kWidest = 3;

#include "simd/panels.h"
#include "simd/avx2_outputs.h"
#include "simd/avx2_finish.h"
#include "simd/avx2_tile.h"

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
    if (can_be_lifted(packed)) lift(packed);
}

// A panel as it lies in memory, where the one behind it is fetched meanwhile.
struct Stored {
    const char* panel;
    size_t bytes;
};

// What another step will read, fetched a few lines with every tile.
class LaterByTile {
  public:
    LaterByTile(const Gemm& g, int tiles, int tile)
        : lines_(g.later ? static_cast<int>(g.later_bytes / 64) / tiles + 1 : 0),
          at_(g.later + 64 * lines_ * tile) {}

    void next_tile() {
        for (int i = 0; i < lines_; ++i, at_ += 64) __builtin_prefetch(at_, 0, 2);
    }

  private:
    const int lines_;
    const char* at_;
};

// Tiles of `Rows` pixels in each row, of one panel of channels.
template <class Out, int Rows, int Vectors, class Ahead, class W = int16_t>
void panel(const Gemm& g, const W* b, Stored stored, int n, const Tiling& tiling,
           const Tiles& tiles) {
    Ahead ahead(stored.panel, stored.bytes, tiling.count(), tiles.done, g.weights->k() / 2);
    LaterByTile later(g, tiling.count(), tiles.done);
    const Window window(g);
    const Finish<Out> finish(g, n);
    const int32_t* bias = g.weights->bias.as<int32_t>() + n;
    for (int y = 0; y < tiling.rows; ++y) {
        PlaceOf<Out> place(g, n, y, tiles.first);
        for (int i = 0; i < tiles.count;
             ++i, place.move_by(Rows), ahead.next_tile(), later.next_tile()) {
            __m256i sums[Rows][Vectors];
            sum_up(window, place.a, place.a_stride, b, bias, sums, ahead);
            finish(sums, place);
        }
    }
}

void widen_panel(const int8_t* from, size_t count, int16_t* to) {
    for (size_t i = 0; i < count; i += 16)
        _mm256_store_si256(reinterpret_cast<__m256i*>(to + i), load(from + i));
}

template <class Out>
using Panel = void (*)(const Gemm&, const int16_t*, Stored, int, const Tiling&, const Tiles&);

template <class Out, int Vectors, int... Rows>
Panel<Out> panel_of(int rows, bool by_tile, std::integer_sequence<int, Rows...>) {
    static constexpr Panel<Out> kPanels[2][sizeof...(Rows)] = {
        {panel<Out, Rows + 1, Vectors, Ahead>...}, {panel<Out, Rows + 1, Vectors, AheadByTile>...}};
    return kPanels[by_tile][rows - 1];
}

template <class Out, int Vectors>
void run_panel(const Gemm& g, const void* packed, size_t bytes, int n) {
    constexpr auto kHeights = std::make_integer_sequence<int, kRows[Vectors]>();
    const Stored stored{static_cast<const char*>(packed), bytes};
    const bool widens = halved(*g.weights);
    const Tiling tiling(g, kRows[Vectors]);
    if (widens && g.m == 1)  // weights that are used but once are widened on their way
        return panel<Out, 1, Vectors, Ahead>(g, static_cast<const int8_t*>(packed), stored, n,
                                            tiling, tiling.high);
    alignas(32) int16_t widened[Vectors * kLanes * kDeepest];
    if (widens) widen_panel(static_cast<const int8_t*>(packed), bytes, widened);
    const int16_t* b = widens ? widened : static_cast<const int16_t*>(packed);
    const bool by_tile = AheadByTile::fits(bytes, tiling.count());
    for (const Tiles& tiles : {tiling.high, tiling.low})
        if (tiles.count)
            panel_of<Out, Vectors>(tiles.height, by_tile, kHeights)(g, b, stored, n, tiling, tiles);
}

template <class Out>
void run_gemm(const Gemm& g) {
    const Packed& w = *g.weights;
    const size_t channel = static_cast<size_t>(w.k()) * (halved(w) ? 1 : sizeof(int16_t));
    const char* b = w.weights + static_cast<size_t>(g.n0) * channel;
    for (int n = g.n0; n < g.n0 + g.n;) {
        const int vectors = panel_vectors(w, n, kLanes);
        const size_t bytes = static_cast<size_t>(vectors * kLanes) * channel;
        switch (vectors) {
            case 1: run_panel<Out, 1>(g, b, bytes, n); break;
            case 2: run_panel<Out, 2>(g, b, bytes, n); break;
            default: run_panel<Out, 3>(g, b, bytes, n);
        }
        b += bytes;
        n += vectors * kLanes;
    }
}

void gemm(const Gemm& g) {
    if (g.m <= 0) return;
    if (can_be_lifted(*g.weights))
        g.wide_c ? run_gemm<To<int16_t, LiftedEnding>>(g) : run_gemm<To<uint8_t, LiftedEnding>>(g);
    else
        g.wide_c ? run_gemm<To<int16_t, Ending>>(g) : run_gemm<To<uint8_t, Ending>>(g);
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
