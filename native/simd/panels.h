// How channels are cut into panels and pixels into tiles. Included inside an instruction set's
// namespace, which defines kWidest and kWidestTail, the vectors of a panel; see float_kernels.h.

// From so many numbers on a tile is summed up long enough to be as wide as the last one may be. On
// AVX2 4 pixels by 3 vectors read less for each product than 6 by 2 do, but take longer to begin and
// to end. Measured: bytes take 2 to 4 % less from 96 numbers on and 2 % more with 32, floats 1 to 4 %
// less from 160 on.
constexpr int kDeep = 64;

// How many vectors of `lanes` channels the panel that begins at channel n has. Multiples of 48 are
// always a boundary, so that an inverted residual may work on 48 channels at once.
inline int panel_vectors(const Packed& packed, int n, int lanes) {
    const int all = (packed.padded - n + lanes - 1) / lanes, room = (48 - n % 48) / lanes;
    const int left = all < room ? all : room;
    const int widest = packed.k() < kDeep ? kWidest : kWidestTail;
    if (left == 4 && widest == 3) return 2;  // rather than three and a lonely one
    return left <= widest || left == kWidestTail ? left : widest;
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
    TileWalk(const Gemm& g, int channel)
        : c(static_cast<T*>(g.c) + channel) {}

    // Where the next pixels' outputs go, one pointer each; moves on behind them.
    template <int Rows>
    void take(const Gemm& g, T* (&rows)[Rows]) {
        pixel += Rows;
        if (x + Rows < g.row) {
            for (int r = 0; r < Rows; ++r) rows[r] = c + r * g.c_stride;
            x += Rows, c += Rows * g.c_stride;
            return;
        }
        const ptrdiff_t jump = g.row_stride - g.row * g.c_stride;
        for (int r = 0; r < Rows; ++r) {
            rows[r] = c;
            c += g.c_stride;
            if (++x == g.row) x = 0, c += jump;
        }
    }

    int pixel = 0, x = 0;
    T* c;
};

// Weights lie in memory in the order in which they are used, and a network's do not fit in the
// second cache: while a panel is worked on, the next one is fetched, a little with every number
// summed up. Measured on 2 cores of a Zen 3 server: see docs/engine.md.
class Ahead {
  public:
    Ahead(const void* panel, size_t bytes, int tiles, int depth)
        : at_(static_cast<const char*>(panel) + bytes),
          tile_(static_cast<ptrdiff_t>(bytes) / (tiles > 0 ? tiles : 1)),
          step_(tile_ / (depth > 0 ? depth : 1) + 1) {}

    void fetch() {
        __builtin_prefetch(at_, 0, 2);
        at_ += step_;
    }
    void next_tile() { at_ += tile_; }

  private:
    const char* at_;
    ptrdiff_t tile_, step_;
};

// The same where tiles are so many that one line with each is enough. Large maps have few numbers to
// sum up, and an instruction less for each of them is 2 to 6 % of their time.
class AheadByTile {
  public:
    static bool fits(size_t bytes, int tiles) {
        return bytes <= size_t{64} * static_cast<size_t>(tiles);
    }

    AheadByTile(const void* panel, size_t bytes, int tiles, int)
        : at_(static_cast<const char*>(panel) + bytes),
          tile_(static_cast<ptrdiff_t>(bytes) / (tiles > 0 ? tiles : 1)) {}

    void fetch() {}
    void next_tile() {
        __builtin_prefetch(at_, 0, 2);
        at_ += tile_;
    }

  private:
    const char* at_;
    ptrdiff_t tile_;
};
