// The matrix product of both integer families for ARM. Included inside an instruction set's
// namespace after neon_ending.h; the namespace has defined
//
//   Weight               the packed weight's type
//   tile_sums<Rows, Vectors>(g, a, b, n, sums, ahead)
//                        adds the products of `Rows` pixels by `Vectors` times 8 channels
//
// A panel's weights are [k / kGroup][channels][kGroup].

// Tiles of `Rows` pixels in each row, of one panel of channels.
template <int Rows, int Vectors, class T>
void panel(const Gemm& g, const Weight* b, int n, const Tiling& tiling, const Tiles& tiles) {
    constexpr int kWidth = Vectors * kLanes;
    const size_t bytes = sizeof(Weight) * kWidth * static_cast<size_t>(g.weights->k());
    Ahead ahead(b, bytes, tiling.count(), tiles.done, g.weights->k() / kGroup);
    const int32_t* bias = g.weights->bias.as<int32_t>() + n;
    for (int y = 0; y < tiling.rows; ++y) {
        PlaceOf<T> place(g, n, y, tiles.first);
        for (int i = 0; i < tiles.count; ++i, place.move_by(Rows), ahead.next_tile()) {
            Sums sums[Rows][Vectors];
#pragma GCC unroll 16
            for (int v = 0; v < Vectors; ++v)
#pragma GCC unroll 16
                for (int r = 0; r < Rows; ++r) sums[r][v] = Sums::load(bias + v * kLanes);
            tile_sums<Rows, Vectors>(g, place.a, b, n, sums, ahead);
            finish<Rows, Vectors>(g, sums, n, place);
        }
    }
}

template <class T>
using Panel = void (*)(const Gemm&, const Weight*, int, const Tiling&, const Tiles&);

template <int Vectors, class T, int... Rows>
Panel<T> panel_of(int rows, std::integer_sequence<int, Rows...>) {
    static constexpr Panel<T> kPanels[] = {panel<Rows + 1, Vectors, T>...};
    return kPanels[rows - 1];
}

template <int Vectors, class T>
void run_panel(const Gemm& g, const Weight* b, int n) {
    constexpr auto kHeights = std::make_integer_sequence<int, kRows[Vectors]>();
    const Tiling tiling(g, kRows[Vectors]);
    for (const Tiles& tiles : {tiling.high, tiling.low})
        if (tiles.count) panel_of<Vectors, T>(tiles.height, kHeights)(g, b, n, tiling, tiles);
}

template <class T>
void run_gemm(const Gemm& g) {
    const Packed& w = *g.weights;
    const Weight* b = w.weights_as<Weight>() + static_cast<ptrdiff_t>(g.n0) * w.k();
    for (int n = g.n0; n < g.n0 + g.n;) {
        const int vectors = panel_vectors(w, n, kLanes);
        if (vectors == 1)
            run_panel<1, T>(g, b, n);
        else
            run_panel<2, T>(g, b, n);
        b += static_cast<ptrdiff_t>(vectors * kLanes) * w.k();
        n += vectors * kLanes;
    }
}

inline void gemm(const Gemm& g) {
    if (g.m <= 0) return;
    if (g.wide_c)
        run_gemm<Wide>(g);
    else
        run_gemm<uint8_t>(g);
}
