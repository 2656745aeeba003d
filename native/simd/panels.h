// How channels are cut into panels and pixels into tiles. Included inside an instruction set's
// namespace, which defines kWidest and kWidestTail, the vectors of a panel; see float_kernels.h.

// How many vectors of `lanes` channels the panel that begins at channel n has. Multiples of 48 are
// always a boundary, so that an inverted residual may work on 48 channels at once.
inline int panel_vectors(int n, int padded, int lanes) {
    const int left = (padded - n + lanes - 1) / lanes;
    const int room = (48 - n % 48) / lanes;
    const int widest = left <= kWidest || left == kWidestTail ? left : kWidest;
    return widest < room ? widest : room;
}

// Pixels in as few tiles as the machine's registers allow, all of nearly one height: 49 pixels are
// 6, 6, 6, 6, 5, 5, 5, 5, 5 and not eight times 6 and a lonely one.
struct Tiling {
    int height;  // of the first `high` tiles; the others have one row less
    int high, low;

    Tiling(int pixels, int highest) {
        const int tiles = (pixels + highest - 1) / highest;
        height = (pixels + tiles - 1) / tiles;
        low = tiles * height - pixels;
        high = tiles - low;
    }
};

// Walks over a product's pixels tile by tile; knows where each tile's outputs go.
template <class T>
struct TileWalk {
    TileWalk(const Gemm& g, int m, int channel)
        : pixel(m), x(m % g.row), c(static_cast<T*>(g.c) + m / g.row * g.row_stride +
                                    m % g.row * g.c_stride + channel) {}

    // Whether `rows` pixels from here on are evenly spaced in memory.
    bool even(const Gemm& g, int rows) const { return x + rows <= g.row; }

    T* row(const Gemm& g, int r) const {
        const int column = x + r, jumps = column / g.row;
        return c + r * g.c_stride + jumps * (g.row_stride - g.row * g.c_stride);
    }

    void advance(const Gemm& g, int rows) {
        pixel += rows;
        x += rows;
        c += rows * g.c_stride;
        for (; x >= g.row; x -= g.row) c += g.row_stride - g.row * g.c_stride;
    }

    int pixel, x;
    T* c;
};
