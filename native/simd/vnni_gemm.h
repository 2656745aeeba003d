// Packing and matrix product of both sets with vpdpbusd, which multiplies uint8 activations with
// int8 weights and adds four products to each sum. Included inside an instruction set's namespace;
// the namespace has defined
//
//   Full, Ymm, narrowed<V>      its vectors
//   highest(vectors, half)      pixels of its highest tiles

size_t dense_bytes(const Packed& packed) {
    return static_cast<size_t>(packed.k()) * static_cast<size_t>(packed.padded);
}

// Panel by panel, [k / 4][channels][4]. The rest's offsets are repeated for every 8 channels, so
// that `ends` tells where a panel's weights lie as well, whatever the widths of those before it.
void pack_dense(const NaturalWeights& natural, Packed& packed) {
    int8_t* to = packed.weights_as<int8_t>();
    Rest& rest = packed.rest;
    for (int n = 0; n < packed.padded;) {
        const Panel panel(packed, n);
        permute<int32_t>(packed.bias, panel);
        permute<float>(packed.multipliers, panel);
        permute<float>(packed.lifted, panel);
        const auto bytes = static_cast<size_t>(panel.width * kGroup);
        const std::vector<char> left = pack_panel(natural, panel, packed.k(), to);
        std::vector<int32_t> offsets;
        for (int k = 0; k < packed.k(); k += kGroup, to += bytes) {
            if (!left[static_cast<size_t>(k / kGroup)]) continue;
            int values[kPanel * kGroup] = {};
            for (int i = 0; i < panel.width; ++i)
                for (int j = 0; j < kGroup && panel.channel(i) < natural.out; ++j)
                    values[kGroup * i + j] = natural.integer(panel.channel(i), k + j);
            bool more = pack_group(panel, values, to);
            while (more) {
                offsets.push_back(packed.segments[static_cast<size_t>(k / packed.segment_length)] +
                                  k % packed.segment_length);
                rest.weights.resize(rest.weights.size() + bytes);
                more = pack_group(panel, values, &*rest.weights.end() - bytes);
            }
        }
        for (; n < panel.end(); n += kEighth) {
            rest.offsets.insert(rest.offsets.end(), offsets.begin(), offsets.end());
            rest.ends.push_back(static_cast<int32_t>(rest.offsets.size()));
        }
    }
    if (rest.offsets.empty()) rest.ends.clear();
    if (PlainEnding::fits(packed)) lift(packed);
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
        const auto number = static_cast<size_t>(panel.n / kEighth);
        const int32_t begin = number ? w.rest.ends[number - 1] : 0, end = w.rest.ends[number];
        if (begin == end) return;
        list[1] = {w.rest.offsets.data() + begin, w.rest.offsets.data() + end, kGroup,
                   w.rest.weights.data() + static_cast<ptrdiff_t>(begin) * kEighth * kGroup};
        count = 2;
    }
};

template <class Tile>
MNV2_INLINE void sum_up(const Runs& runs, const BytePlace& place, Tile& sums, AheadOfTwo ahead) {
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
template <int Rows, int Vectors, bool WithHalf, class End>
void run_tiles(const Gemm& g, const Panel& panel, const Runs& runs, const Finish<End>& finish,
               const Tiling& tiling, const Tiles& tiles) {
    using Tile = Sums<Rows, Vectors, WithHalf>;
    const Packed& w = *g.weights;
    AheadOfTwo ahead(g, runs.list[0].weights,
                     static_cast<size_t>(Tile::kWidth) * static_cast<size_t>(w.k()),
                     tiling.count(), tiles.done, w.k() / kGroup);
    for (int y = 0; y < tiling.rows; ++y) {
        BytePlace place(g, panel.n, y, tiles.first);
        for (int i = 0; i < tiles.count; ++i, place.move_by(Rows), ahead.next_tile()) {
            Tile sums;
            sums.start(w.bias.as<int32_t>() + panel.n);
            sum_up(runs, place, sums, ahead);
            sums.write(finish, place);
        }
    }
}

// One pixel: its time is that of reading the weights. Several sums a vector keep more of them on
// their way than one chain of additions would.
template <int Vectors, bool WithHalf, class End>
void run_pixel(const Gemm& g, const Panel& panel, const Runs& runs, const Finish<End>& finish) {
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
    for (int i = 1; i < kChains; ++i) sums[0].add(sums[i]);
    sums[0].write(finish, BytePlace(g, panel.n, 0, 0));
}

template <class End>
using RunTiles = void (*)(const Gemm&, const Panel&, const Runs&, const Finish<End>&,
                          const Tiling&, const Tiles&);

template <int Vectors, bool WithHalf, class End, int... Rows>
RunTiles<End> run_tiles_of(int rows, std::integer_sequence<int, Rows...>) {
    static constexpr RunTiles<End> kTiles[] = {run_tiles<Rows + 1, Vectors, WithHalf, End>...};
    return kTiles[rows - 1];
}

template <int Vectors, bool WithHalf, class End>
void run_panel(const Gemm& g, const Panel& panel, const End& ending) {
    const Runs runs(*g.weights, panel);
    const Finish<End> finish(ending, *g.weights, panel.n);
    if (g.m == 1) return run_pixel<Vectors, WithHalf>(g, panel, runs, finish);
    constexpr int kHighest = highest(Vectors, WithHalf);
    constexpr auto kHeights = std::make_integer_sequence<int, kHighest>();
    const Tiling tiling(g, kHighest);
    for (const Tiles& tiles : {tiling.high, tiling.low})
        if (tiles.count)
            run_tiles_of<Vectors, WithHalf, End>(tiles.height, kHeights)(g, panel, runs, finish,
                                                                         tiling, tiles);
}

template <bool WithHalf, class End>
void run_any_panel(const Gemm& g, const Panel& panel, const End& ending) {
    switch (panel.vectors) {
        case 0:
            if constexpr (WithHalf) run_panel<0, true>(g, panel, ending);
            break;
        case 1: run_panel<1, WithHalf>(g, panel, ending); break;
        case 2: run_panel<2, WithHalf>(g, panel, ending); break;
        default:
            if constexpr (!WithHalf) run_panel<3, false>(g, panel, ending);
    }
}

template <class End>
void run_panels(const Gemm& g, const End& ending) {
    for (int n = g.n0; n < g.n0 + g.n;) {
        const Panel panel(*g.weights, n);
        if constexpr (Full::kLanes > kEighth)
            panel.half ? run_any_panel<true>(g, panel, ending)
                       : run_any_panel<false>(g, panel, ending);
        else
            run_any_panel<false>(g, panel, ending);
        n = panel.end();
    }
}

void gemm(const Gemm& g) {
    const Packed& w = *g.weights;
    if (g.m <= 0) return;
    if (g.residual)
        run_panels(g, SumEnding(g));
    else if (PlainEnding::fits(w))
        run_panels(g, PlainEnding());
    else
        run_panels(g, Ending(w.zero_point, w.clamp));
}

int64_t peak(int64_t rounds) {
    constexpr int kChains = 12;
    Full::Ints sums[kChains] = {};
    const Full::Ints numbers = Full::all_bytes(3);
    for (int64_t i = 0; i < rounds; ++i)
#pragma GCC unroll 16
        for (Full::Ints& sum : sums) sum = Full::dot(sum, numbers, numbers);
    Full::Ints all = sums[0];
    for (int i = 1; i < kChains; ++i) all = Full::add(all, sums[i]);
    volatile int32_t seen = _mm_cvtsi128_si32(Full::quarter(all, 0));  // or nothing would be made
    (void)seen;
    return rounds * kChains * Full::kLanes * kGroup;
}
