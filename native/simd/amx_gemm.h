// Matrix product of AMX. Included inside amx_integer.cpp's namespace.
//
// A panel's channels are up to three tiles of sums, for each of two tiles of pixels; pixels left over are
// made together with others once more. When all products of a block are added, its sums go to memory
// and come back as the vectors of vnni_tile.h.

constexpr int kAcross = 2;     // tiles of pixels
constexpr int kMostTiles = 3;  // of a panel's channels

// A block's sums in memory.
struct alignas(64) Stored {
    int32_t sums[kAcross][kMostTiles][kTileRows][Full::kLanes];
};

// Pixels of which a tile is made, the first of them, and those of it that others make as well.
struct Pixels {
    int first, done;

    // Tile `number` of `m` pixels in tiles of `rows`.
    Pixels(int number, int m, int rows)
        : first(std::min(number * rows, m - rows)), done(number * rows - first) {}
};

// Fetches what will be used next, evenly over a panel's blocks.
class Fetch {
  public:
    Fetch(const void* from, size_t bytes, int steps)
        : at_(static_cast<const char*>(from)),
          end_(at_ + bytes),
          step_(round_up(static_cast<ptrdiff_t>(bytes) / steps + 1, 64)) {}

    MNV2_INLINE void some() {
        for (const char* end = std::min(at_ + step_, end_); at_ < end; at_ += 64)
            __builtin_prefetch(at_, 0, 2);
    }

  private:
    const char *at_, *end_;
    ptrdiff_t step_;
};

// Tile `Across` of pixels, whose sums begin at tile `First`, times all tiles of weights from the first
// to the last.
template <int First, int... Tile>
MNV2_INLINE void multiply_forward(const int8_t* weights, ptrdiff_t stride,
                                  std::integer_sequence<int, Tile...>) {
    ((load_tile<kWeightTile>(weights + kTileBytes * Tile, stride), multiply_tiles<First + Tile>()),
     ...);
}

// The same from the last to the first; the last is still there.
template <int First, int Tile>
MNV2_INLINE void multiply_backward(const int8_t* weights, ptrdiff_t stride) {
    multiply_tiles<First + Tile>();
    if constexpr (Tile > 0) {
        load_tile<kWeightTile>(weights + kTileBytes * (Tile - 1), stride);
        multiply_backward<First, Tile - 1>(weights, stride);
    }
}

template <int... Tile>
MNV2_INLINE void start_sums(const int32_t* bias, int tiles, std::integer_sequence<int, Tile...>) {
    (load_tile<Tile>(bias + Full::kLanes * (Tile % tiles), 0), ...);
}

template <int Tiles, int... Tile>
MNV2_INLINE void store_sums(Stored& to, std::integer_sequence<int, Tile...>) {
    (store_tile<Tile>(to.sums[Tile / Tiles][Tile % Tiles]), ...);
}

// All products of `Across` tiles of pixels, which begin at `a`, with a panel of `Tiles` tiles.
template <int Across, int Tiles>
MNV2_INLINE void sum_up(const Gemm& g, const Panel& panel, const Parts& parts,
                        const uint8_t* const (&a)[kAcross], Fetch& ahead, Fetch& later,
                        Stored& sums) {
    const Packed& w = *g.weights;
    const ptrdiff_t stride = ptrdiff_t{panel.width} * kGroup;
    constexpr auto kTiles = std::make_integer_sequence<int, Tiles>();
    constexpr auto kAll = std::make_integer_sequence<int, Across * Tiles>();
    start_sums(w.bias.as<int32_t>() + panel.n, Tiles, kAll);
    for (int part = 0; part < parts.count; ++part) {
        const int8_t* b = parts.part(part);
        for (const int32_t segment : w.segments)
            for (int k = 0; k < w.segment_length; k += kPacked, b += panel.width * kPacked) {
                load_tile<kPixelTile>(a[0] + segment + k, g.a_stride);
                multiply_forward<0>(b, stride, kTiles);
                ahead.some(), later.some();
                if constexpr (Across > 1) {
                    load_tile<kPixelTile>(a[1] + segment + k, g.a_stride);
                    multiply_backward<Tiles, Tiles - 1>(b, stride);
                }
            }
    }
    store_sums<Tiles>(sums, kAll);
}

// Where a few pixels' outputs go, one by one: a tile may end a row and begin the next.
constexpr int kAtOnce = 4;
struct Outputs {
    uint8_t* c[kAtOnce];
    const uint8_t* residual[kAtOnce];

    uint8_t* out(int pixel) const { return c[pixel]; }
    const uint8_t* residual_of(int pixel) const { return residual[pixel]; }
};

// The next pixel's outputs.
class Walk {
  public:
    Walk(const Gemm& g, int n)
        : c_(static_cast<uint8_t*>(g.c) + n - g.n0),
          residual_(static_cast<const uint8_t*>(g.residual)),
          stride_(g.c_stride),
          to_next_row_(g.row_stride - g.row * g.c_stride),
          residual_stride_(g.residual_stride),
          row_(g.row),
          left_(g.row) {
        if (residual_) residual_ += n - g.n0;
    }

    MNV2_INLINE void next(Outputs& outputs, int i) {
        if (!left_) left_ = row_, c_ += to_next_row_;
        outputs.c[i] = c_, outputs.residual[i] = residual_;
        c_ += stride_, --left_;
        if (residual_) residual_ += residual_stride_;
    }

  private:
    uint8_t* c_;
    const uint8_t* residual_;
    ptrdiff_t stride_, to_next_row_, residual_stride_;
    int row_, left_;
};

// Scales, packs and writes the pixels [begin, end) of a tile. Where they are no multiple of four, the
// last one is written again.
template <int Vectors, bool WithHalf, class End>
MNV2_INLINE void write(const int32_t (&stored)[kMostTiles][kTileRows][Full::kLanes], int begin,
                       int end, const Finish<End>& finish, Walk& walk) {
    for (int row = begin; row < end; row += kAtOnce) {
        Sums<kAtOnce, Vectors, WithHalf> sums;
        Outputs outputs;
#pragma GCC unroll 4
        for (int i = 0; i < kAtOnce; ++i) {
            const int pixel = std::min(row + i, end - 1);
            if (i == 0 || row + i < end)
                walk.next(outputs, i);
            else
                outputs.c[i] = outputs.c[i - 1], outputs.residual[i] = outputs.residual[i - 1];
#pragma GCC unroll 4
            for (int v = 0; v < Vectors; ++v) sums.full[i][v] = Full::load(stored[v][pixel]);
            if constexpr (WithHalf) sums.half[i][0] = Ymm::load(stored[Vectors][pixel]);
        }
        sums.write(finish, outputs);
    }
}

template <int Vectors, bool WithHalf, class End>
void run_panel(const Gemm& g, const Panel& panel, const End& ending, int rows) {
    constexpr int kTiles = Vectors + WithHalf;
    const Parts parts(*g.weights, panel);
    const Finish<End> finish(ending, *g.weights, panel.n);
    const int tiles = (g.m + rows - 1) / rows, blocks = (tiles + kAcross - 1) / kAcross;
    const int steps = blocks * parts.count * steps_of(*g.weights);
    Fetch ahead(parts.first + parts.bytes, static_cast<size_t>(parts.bytes), steps);
    Fetch later(g.later, g.later_bytes, steps);
    Walk walk(g, panel.n);
    Stored sums;
    for (int tile = 0; tile < tiles; tile += kAcross) {
        const Pixels pixels[kAcross] = {Pixels(tile, g.m, rows), Pixels(tile + 1, g.m, rows)};
        const bool two = tile + 1 < tiles;
        const auto at = [&](int i) {
            return static_cast<const uint8_t*>(g.a) + pixels[i].first * g.a_stride;
        };
        const uint8_t* const a[kAcross] = {at(0), at(two)};
        if (two)
            sum_up<2, kTiles>(g, panel, parts, a, ahead, later, sums);
        else
            sum_up<1, kTiles>(g, panel, parts, a, ahead, later, sums);
        for (int i = 0; i <= two; ++i)
            write<Vectors, WithHalf>(sums.sums[i], pixels[i].done, rows, finish, walk);
    }
}

template <class End>
void run_panels(const Gemm& g, const End& ending, int rows) {
    for (int n = g.n0; n < g.n0 + g.n;) {
        const Panel panel(*g.weights, n);
        switch (2 * panel.vectors + panel.half) {
            case 1: run_panel<0, true>(g, panel, ending, rows); break;
            case 2: run_panel<1, false>(g, panel, ending, rows); break;
            case 3: run_panel<1, true>(g, panel, ending, rows); break;
            case 4: run_panel<2, false>(g, panel, ending, rows); break;
            case 5: run_panel<2, true>(g, panel, ending, rows); break;
            default: run_panel<3, false>(g, panel, ending, rows);
        }
        n = panel.end();
    }
}

// Whether weights lie as vnni_integer.cpp would have them.
inline bool lies_as_for_vectors(const Packed& w) {
    return w.rest.ends.empty() && w.segment_length % kPacked == 0;
}

void gemm(const Gemm& g) {
    const Packed& w = *g.weights;
    // A single pixel's time is that of reading the weights: vectors do so line by line, tiles by turns.
    if (!pays(w) || (g.m == 1 && lies_as_for_vectors(w))) return kVnniInteger.gemm(g);
    if (g.m <= 0) return;
    const int rows = std::min(g.m, kTileRows);
    if (rows < kTileRows) shape_tiles(Shapes(rows));
    if (g.residual)
        run_panels(g, SumEnding(g), rows);
    else if (PlainEnding::fits(w))
        run_panels(g, PlainEnding(), rows);
    else
        run_panels(g, Ending(w.zero_point, w.clamp), rows);
    if (rows < kTileRows) shape_tiles(Shapes(kTileRows));
}

void begin() { shape_tiles(Shapes(kTileRows)); }
void end() { release_tiles(); }

int64_t peak(int64_t rounds) {
    begin();
    const int8_t numbers[kTileRows * kTileBytes] = {};
    load_tile<kPixelTile>(numbers, kTileBytes);
    load_tile<kWeightTile>(numbers, kTileBytes);
    for (int64_t i = 0; i < rounds; ++i) {
        multiply_tiles<0>(), multiply_tiles<1>(), multiply_tiles<2>();
        multiply_tiles<3>(), multiply_tiles<4>(), multiply_tiles<5>();
    }
    end();
    return rounds * kAcross * kMostTiles * kTileRows * Full::kLanes * kPacked;
}
