// The matrix product of both integer families for ARM. Included inside an instruction set's
// namespace after neon_ending.h; the namespace has defined
//
//   Weight               the packed weight's type
//   tile_sums<Rows, Vectors>(g, a, b, n, sums, ahead)
//                        adds the products of `Rows` pixels by `Vectors` times 8 channels
//
// A panel's weights are [k / kGroup][channels][kGroup].

// One panel of channels for `count` tiles of `Rows` pixels.
template <int Rows, int Vectors, class T>
void panel(const Gemm& g, const Weight* b, int n, int count, TileWalk<T>& walk) {
    constexpr int kWidth = Vectors * kLanes;
    const size_t bytes = sizeof(Weight) * kWidth * static_cast<size_t>(g.weights->k());
    Ahead ahead(b, bytes, g.m / Rows, g.weights->k() / kGroup);
    for (int i = 0; i < count; ++i, ahead.next_tile()) {
        const Wide* a = static_cast<const Wide*>(g.a) + walk.pixel * g.a_stride;
        const auto* residual = static_cast<const uint8_t*>(g.residual);
        if (residual) residual += walk.pixel * g.residual_stride + (n - g.n0);
        T* c[Rows];
        walk.take(g, c);
        const int32_t* bias = g.weights->bias.as<int32_t>() + n;
        Sums sums[Rows][Vectors];
#pragma GCC unroll 16
        for (int v = 0; v < Vectors; ++v)
#pragma GCC unroll 16
            for (int r = 0; r < Rows; ++r) sums[r][v] = Sums::load(bias + v * kLanes);
        tile_sums<Rows, Vectors>(g, a, b, n, sums, ahead);
        finish<Rows, Vectors>(g, sums, n, c, residual);
    }
}

template <class T>
using Panel = void (*)(const Gemm&, const Weight*, int, int, TileWalk<T>&);

template <int Vectors, class T, int... Rows>
Panel<T> panel_of(int rows, std::integer_sequence<int, Rows...>) {
    static constexpr Panel<T> kPanels[] = {panel<Rows + 1, Vectors, T>...};
    return kPanels[rows - 1];
}

template <int Vectors, class T>
void run_panel(const Gemm& g, const Weight* b, int n) {
    constexpr auto kHeights = std::make_integer_sequence<int, kRows[Vectors]>();
    const Tiling tiling(g.m, kRows[Vectors]);
    TileWalk<T> walk(g, n - g.n0);
    panel_of<Vectors, T>(tiling.height, kHeights)(g, b, n, tiling.high, walk);
    if (tiling.low)
        panel_of<Vectors, T>(tiling.height - 1, kHeights)(g, b, n, tiling.low, walk);
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
