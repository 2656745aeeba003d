// How channels are cut into panels and pixels into tiles. Included inside an instruction set's
// namespace, which defines kWidest, the most vectors of a panel; see float_kernels.h.

// How many vectors of `lanes` channels the panel that begins at channel n has. Multiples of 48 are
// always a boundary, so that an inverted residual may work on 48 channels at once.
inline int panel_vectors(const Packed& packed, int n, int lanes) {
    const int all = (packed.padded - n + lanes - 1) / lanes, room = (48 - n % 48) / lanes;
    const int left = all < room ? all : room;
    if (left == 4 && kWidest == 3) return 2;  // rather than three and a lonely one
    return left < kWidest ? left : kWidest;
}

// Tiles of one height: in each row of outputs `count` of them, from pixel `first` on.
struct Tiles {
    int height, first, count;
    int done;  // tiles of the other height that came before, in all rows
};

// A row's pixels in as few tiles as the machine's registers allow, all of nearly one height: 49
// pixels are 6, 6, 6, 6, 5, 5, 5, 5, 5 and not eight times 6 and a lonely one. No tile goes on in
// the next row, so that its outputs lie at equal distances: 7 pixels in tiles of at most 4 are 4 and
// 3, whose products are 1 % more instructions than those of tiles across rows.
struct Tiling {
    Tiles high, low;  // the low ones have a pixel less
    int rows;

    Tiling(const Gemm& g, int highest) : rows(g.m / g.row) {
        const int tiles = (g.row + highest - 1) / highest, height = (g.row + tiles - 1) / tiles;
        const int lower = tiles * height - g.row;
        high = {height, 0, tiles - lower, 0};
        low = {height - 1, height * high.count, lower, rows * high.count};
    }

    int count() const { return rows * (high.count + low.count); }
};

// Where a tile's numbers come from and where its outputs go.
template <class Wide, class Out, class Arena>
struct Place {
    const Wide* a;
    Out* c;
    const Arena* residual;
    ptrdiff_t a_stride, c_stride, residual_stride;

    // Pixel x of row y; channels from n on.
    Place(const Gemm& g, int n, int y, int x)
        : a_stride(g.a_stride), c_stride(g.c_stride), residual_stride(g.residual_stride) {
        const int channel = n - g.n0, pixel = y * g.row + x;
        a = static_cast<const Wide*>(g.a) + pixel * a_stride;
        c = static_cast<Out*>(g.c) + channel + y * g.row_stride + x * c_stride;
        residual = static_cast<const Arena*>(g.residual);
        if (residual) residual += channel + pixel * residual_stride;
    }

    Out* out(int pixel) const { return c + pixel * c_stride; }
    const Arena* residual_of(int pixel) const { return residual + pixel * residual_stride; }

    void move_by(int pixels) {
        a += pixels * a_stride;
        c += pixels * c_stride;
        if (residual) residual += pixels * residual_stride;
    }
};

// The numbers of a pixel that are summed up.
struct Window {
    const int32_t *first, *last;  // segments
    ptrdiff_t length;

    explicit Window(const Gemm& g)
        : first(g.weights->segments.data()),
          last(first + g.weights->segments.size()),
          length(g.weights->segment_length) {}
};

// Weights lie in memory in the order in which they are used, and a network's do not fit in the
// second cache: while a panel is worked on, the next one is fetched, a little with every number
// summed up. Measured on 2 cores of a Zen 3 server: see docs/engine.md.
class Ahead {
  public:
    // Of a panel that is `tiles` tiles long, the next of which is number `tile`.
    Ahead(const void* panel, size_t bytes, int tiles, int tile, int depth)
        : tile_(static_cast<ptrdiff_t>(bytes) / tiles),
          step_(tile_ / depth + 1),
          at_(static_cast<const char*>(panel) + bytes + tile * tile_) {}

    void fetch() {
        __builtin_prefetch(at_, 0, 2);
        at_ += step_;
    }
    void next_tile() { at_ += tile_; }

  private:
    ptrdiff_t tile_, step_;
    const char* at_;
};

// The same where tiles are so many that one line with each is enough. Large maps have few numbers to
// sum up, and an instruction less for each of them is 2 to 6 % of their time.
class AheadByTile {
  public:
    static bool fits(size_t bytes, int tiles) {
        return bytes <= size_t{64} * static_cast<size_t>(tiles);
    }

    AheadByTile(const void* panel, size_t bytes, int tiles, int tile, int)
        : tile_(static_cast<ptrdiff_t>(bytes) / tiles),
          at_(static_cast<const char*>(panel) + bytes + tile * tile_) {}

    void fetch() {}
    void next_tile() {
        __builtin_prefetch(at_, 0, 2);
        at_ += tile_;
    }

  private:
    ptrdiff_t tile_;
    const char* at_;
};

// The same, by turns with what a later step will need, `Gemm::later`: for kernels so quick that they
// would wait for that.
class AheadOfTwo {
  public:
    // Of a panel that is `tiles` tiles long, the next of which is number `tile`.
    AheadOfTwo(const Gemm& g, const void* panel, size_t bytes, int tiles, int tile, int depth)
        : now_(static_cast<const char*>(panel) + bytes, bytes, tiles, tile, depth),
          then_(now_) {
        if (g.later)
            then_ = Part(g.later, g.later_bytes, tiles, tile, depth);
        else
            then_.at += now_.step / 2;
    }

    void fetch() {
        __builtin_prefetch(now_.at, 0, 2);
        now_.at += now_.step;
        std::swap(now_, then_);
    }
    void next_tile() {
        now_.at += now_.tile;
        then_.at += then_.tile;
    }

  private:
    // What is fetched with every second number.
    struct Part {
        ptrdiff_t tile, step;
        const char* at;

        Part(const char* from, size_t bytes, int tiles, int number, int depth)
            : tile(static_cast<ptrdiff_t>(bytes) / tiles),
              step(2 * (tile / depth + 1)),
              at(from + number * tile) {}
    };
    Part now_, then_;
};
