// Integer kernels for AVX-512 with VNNI. One instruction multiplies 64 uint8 activations with as
// many int8 weights and adds four products to each of 16 sums: the wide element is uint8, so maps
// are read as they are.
//
// Weights minus their zero points mostly fit into int8. What does not is cut into several parts
// that do; the parts beyond the first are summed up behind everything else, only where a panel has
// any: see `Rest`.

#include <immintrin.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "kernels.h"

namespace mnv2 {
namespace vnni_integer {

constexpr int kPanel = 48;  // channels; panels of a whole network begin at multiples of this
constexpr int kGroup = 4;   // numbers that one instruction sums up in a lane
constexpr int kWidest = 3;

#include "simd/panels.h"
#include "simd/vnni_vectors.h"

using BytePlace = Place<uint8_t, uint8_t, uint8_t>;

#include "simd/vnni_outputs.h"

#include "simd/vnni_tile.h"

// Takes as much of a weight as fits into an int8.
inline int8_t take_byte(int& value) {
    const int part = std::clamp(value, -128, 127);
    value -= part;
    return static_cast<int8_t>(part);
}

#include "simd/vnni_depthwise.h"

// A panel: whole vectors, and half a one where 8 channels are left over.
struct Panel {
    int n, width, vectors;
    bool half;

    Panel(int n, int padded)
        : n(n), width(std::min(kPanel, padded - n)), vectors(width / 16), half(width % 16 != 0) {}

    // The channel of a place in the order of sums.
    int channel(int place) const {
        const int vector = place / 16;
        return n + (vector < vectors ? channel_of(vector, place % 16, vectors) : place);
    }
};

size_t dense_bytes(const Packed& packed) {
    return static_cast<size_t>(packed.k()) * static_cast<size_t>(packed.padded);
}

// Biases and multipliers as a panel's sums will lie.
void permute(Packed& packed, const Panel& panel) {
    int32_t bias[kPanel];
    float multipliers[kPanel];
    for (int i = 0; i < panel.width; ++i) {
        bias[i] = packed.bias.as<int32_t>()[panel.channel(i)];
        multipliers[i] = packed.multipliers.as<float>()[panel.channel(i)];
    }
    std::copy_n(bias, panel.width, packed.bias.as<int32_t>() + panel.n);
    std::copy_n(multipliers, panel.width, packed.multipliers.as<float>() + panel.n);
}

// A group's weights, in the order of a panel's sums. Returns whether anything is left to take.
bool pack_group(const Panel& panel, int (&values)[kPanel * kGroup], int8_t* to) {
    bool more = false;
    for (int i = 0; i < panel.width * kGroup; ++i) {
        to[i] = take_byte(values[i]);
        more |= values[i] != 0;
    }
    return more;
}

// Panel by panel, [k / 4][channels][4].
void pack_dense(const NaturalWeights& natural, Packed& packed) {
    int8_t* to = packed.weights_as<int8_t>();
    Rest& rest = packed.rest;
    for (int n = 0; n < packed.padded; n += kPanel) {
        const Panel panel(n, packed.padded);
        permute(packed, panel);
        const auto bytes = static_cast<size_t>(panel.width * kGroup);
        for (int k = 0; k < packed.k(); k += kGroup, to += bytes) {
            int values[kPanel * kGroup] = {};
            for (int i = 0; i < panel.width; ++i)
                for (int j = 0; j < kGroup && panel.channel(i) < natural.out; ++j)
                    values[kGroup * i + j] = natural.integer(panel.channel(i), k + j);
            bool more = pack_group(panel, values, to);
            while (more) {
                rest.offsets.push_back(
                    packed.segments[static_cast<size_t>(k / packed.segment_length)] +
                    k % packed.segment_length);
                rest.weights.resize(rest.weights.size() + bytes);
                more = pack_group(panel, values, &*rest.weights.end() - bytes);
            }
        }
        rest.ends.push_back(static_cast<int32_t>(rest.offsets.size()));
    }
    if (rest.offsets.empty()) rest.ends.clear();
}

// Segments of a window and their weights. A panel has one such list, or a second one for the rest.
struct Run {
    const int32_t *begin = nullptr, *end = nullptr;
    int length = 0;
    const int8_t* weights = nullptr;
};

struct Runs {
    Run list[2];
    int count = 1;

    Runs(const Packed& w, const Panel& panel) {
        const int32_t* segments = w.segments.data();
        list[0] = {segments, segments + w.segments.size(), w.segment_length,
                   w.weights_as<int8_t>() + static_cast<ptrdiff_t>(panel.n) * w.k()};
        if (w.rest.ends.empty()) return;
        const auto number = static_cast<size_t>(panel.n / kPanel);
        const int32_t begin = number ? w.rest.ends[number - 1] : 0, end = w.rest.ends[number];
        if (begin == end) return;
        // All panels before this one are 48 channels wide.
        list[1] = {w.rest.offsets.data() + begin, w.rest.offsets.data() + end, kGroup,
                   w.rest.weights.data() + static_cast<ptrdiff_t>(begin) * kPanel * kGroup};
        count = 2;
    }
};

Ending ending_of(const Gemm& g) {
    return g.residual ? Ending(g.sum->out_zero_point, g.sum->clamp)
                      : Ending(g.weights->zero_point, g.weights->clamp);
}

template <class Tile>
MNV2_INLINE void sum_up(const Runs& runs, const BytePlace& place, Tile& sums, Ahead ahead) {
    for (const Run* run = runs.list; run != runs.list + runs.count; ++run) {
        const int8_t* b = run->weights;
        for (const int32_t* segment = run->begin; segment != run->end; ++segment) {
            const uint8_t *at = place.a + *segment, *end = at + run->length;
            do {
                ahead.fetch();
                sums.add(at, place.a_stride, b);
                at += kGroup, b += Tile::kWidth * kGroup;
            } while (at != end);
        }
    }
}

// Tiles of `Rows` pixels in each row, of one panel of channels.
template <int Rows, int Vectors, bool WithHalf>
void run_tiles(const Gemm& g, const Panel& panel, const Runs& runs, const Tiling& tiling,
               const Tiles& tiles) {
    using Tile = Sums<Rows, Vectors, WithHalf>;
    const Packed& w = *g.weights;
    const Ending ending = ending_of(g);
    Ahead ahead(runs.list[0].weights,
                static_cast<size_t>(Tile::kWidth) * static_cast<size_t>(w.k()), tiling.count(),
                tiles.done, w.k() / kGroup);
    for (int y = 0; y < tiling.rows; ++y) {
        BytePlace place(g, panel.n, y, tiles.first);
        for (int i = 0; i < tiles.count; ++i, place.move_by(Rows), ahead.next_tile()) {
            Tile sums;
            sums.start(w.bias.as<int32_t>() + panel.n);
            sum_up(runs, place, sums, ahead);
            sums.write(g, panel.n, ending, place);
        }
    }
}

// One pixel: its time is that of reading the weights. Several sums a vector keep more of them on
// their way than one chain of additions would.
template <int Vectors, bool WithHalf>
void run_pixel(const Gemm& g, const Panel& panel, const Runs& runs) {
    using Tile = Sums<1, Vectors, WithHalf>;
    constexpr int kChains = 4, kStep = Tile::kWidth * kGroup;
    Tile sums[kChains] = {};
    sums[0].start(g.weights->bias.as<int32_t>() + panel.n);
    for (const Run* run = runs.list; run != runs.list + runs.count; ++run) {
        const int8_t* b = run->weights;
        for (const int32_t* segment = run->begin; segment != run->end; ++segment) {
            const uint8_t* at = static_cast<const uint8_t*>(g.a) + *segment;
            int k = 0;
            for (; k + kChains * kGroup <= run->length; k += kChains * kGroup)
#pragma GCC unroll 4
                for (int i = 0; i < kChains; ++i, b += kStep) sums[i].add(at + k + kGroup * i, 0, b);
            for (; k < run->length; k += kGroup, b += kStep) sums[0].add(at + k, 0, b);
        }
    }
#pragma GCC unroll 4
    for (int i = 1; i < kChains; ++i) {
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v)
            sums[0].full[0][v] = _mm512_add_epi32(sums[0].full[0][v], sums[i].full[0][v]);
        sums[0].half[0] = _mm256_add_epi32(sums[0].half[0], sums[i].half[0]);
    }
    sums[0].write(g, panel.n, ending_of(g), BytePlace(g, panel.n, 0, 0));
}

// Pixels of a tile: of the highest one, up to 24 sums leave registers for the weights and one pixel.
// With 12 pixels by 2 vectors gcc moves sums about; llvm-mca gives such a loop 75 % of Ice Lake's
// peak, 11 pixels 91 %, 8 by 3 vectors 99 %. One vector alone waits for broadcasts: 70 %.
constexpr int highest(int vectors, bool half) {
    constexpr int kHighest[2][4] = {{0, 14, 11, 8}, {12, 10, 8, 0}};
    return kHighest[half][vectors];
}

using RunTiles = void (*)(const Gemm&, const Panel&, const Runs&, const Tiling&, const Tiles&);

template <int Vectors, bool WithHalf, int... Rows>
RunTiles run_tiles_of(int rows, std::integer_sequence<int, Rows...>) {
    static constexpr RunTiles kTiles[] = {run_tiles<Rows + 1, Vectors, WithHalf>...};
    return kTiles[rows - 1];
}

template <int Vectors, bool WithHalf>
void run_panel(const Gemm& g, const Panel& panel) {
    const Runs runs(*g.weights, panel);
    if (g.m == 1) return run_pixel<Vectors, WithHalf>(g, panel, runs);
    constexpr int kHighest = highest(Vectors, WithHalf);
    constexpr auto kHeights = std::make_integer_sequence<int, kHighest>();
    const Tiling tiling(g, kHighest);
    for (const Tiles& tiles : {tiling.high, tiling.low})
        if (tiles.count)
            run_tiles_of<Vectors, WithHalf>(tiles.height, kHeights)(g, panel, runs, tiling, tiles);
}

void gemm(const Gemm& g) {
    if (g.m <= 0) return;
    for (int n = g.n0; n < g.n0 + g.n; n += kPanel) {
        const Panel panel(n, g.weights->padded);
        switch (panel.width / 8) {
            case 1: run_panel<0, true>(g, panel); break;
            case 2: run_panel<1, false>(g, panel); break;
            case 3: run_panel<1, true>(g, panel); break;
            case 4: run_panel<2, false>(g, panel); break;
            case 5: run_panel<2, true>(g, panel); break;
            default: run_panel<3, false>(g, panel);
        }
    }
}

int64_t peak(int64_t rounds) {
    constexpr int kChains = 12;
    __m512i sums[kChains] = {};
    const __m512i numbers = _mm512_set1_epi8(3);
    for (int64_t i = 0; i < rounds; ++i)
#pragma GCC unroll 16
        for (__m512i& sum : sums) sum = Full::dot(sum, numbers, numbers);
    int32_t values[kChains * Full::kLanes];
    for (int i = 0; i < kChains; ++i) _mm512_storeu_si512(values + Full::kLanes * i, sums[i]);
    volatile int32_t seen = values[0];  // or nothing of all this would be made
    for (const int32_t value : values) seen = seen + value;
    return rounds * kChains * Full::kLanes * kGroup;
}

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
