// The matrix product of every family for WebAssembly: which tiles there are. Included inside a
// family's namespace after simd/panels.h; the family has defined
//
//   Wide, Weight, kGroup   what is multiplied, and how many numbers of a pixel at a time
//   kHighest               how many pixels a tile has, 6 at most
//   Ending<T>(gemm, n)     from sums to outputs T; called with sums and a place
//   sum_up(window, place, weights, bias, sums)
//
// A panel is 8 channels in two vectors of sums, its weights [k / kGroup][8][kGroup]. A browser's compiler
// has 15 registers: two hold weights, one a pixel, one what an instruction needs beside its result, and
// the others the sums of a tile. A processor that begins two multiply-adds a cycle and ends each four or
// five later wants ten of them. No loop over a window is unrolled.

constexpr int kVectors = 2, kChannels = 4 * kVectors;

#define MNV2_INLINE inline __attribute__((always_inline))

template <class T>
using PlaceOf = Place<Wide, T, std::conditional_t<sizeof(Wide) == 4, float, uint8_t>>;

template <int Rows>
using Sums = v128_t[Rows][kVectors];

// No instruction: what is behind it is not loaded before these sums are there. Left to itself the
// compiler loads all of a tile's pixels first, for which no registers are left (4 pixels a tile, which
// bear that, take 10 % longer in floats and 7 % in bytes).
MNV2_INLINE void finish(v128_t (&sums)[kVectors]) {
    asm volatile("" : "+r"(sums[0]), "+r"(sums[1]) : : "memory");
}

inline size_t dense_bytes(const Packed& packed) {
    return sizeof(Weight) * static_cast<size_t>(packed.k()) * static_cast<size_t>(packed.padded);
}

template <int Rows, class T>
void run_tiles(const Gemm& g, const Weight* b, int n, int rows, const Tiles& tiles) {
    const Window window(g);
    const Ending<T> ending(g, n);
    const auto* bias = g.weights->bias.as<char>() + 4 * n;
    for (int y = 0; y < rows; ++y) {
        PlaceOf<T> place(g, n, y, tiles.first);
        for (int i = 0; i < tiles.count; ++i, place.move_by(Rows)) {
            Sums<Rows> sums;
            const v128_t low = wasm_v128_load(bias), high = wasm_v128_load(bias + 16);
#pragma GCC unroll 6
            for (int r = 0; r < Rows; ++r) sums[r][0] = low, sums[r][1] = high;
            sum_up<Rows>(window, place.a, place.a_stride, b, n, *g.weights, sums);
            ending.template write<Rows>(sums, place);
        }
    }
}

template <class T>
void run_panel(const Gemm& g, const Weight* b, int n) {
    const Tiling tiling(g, kHighest);
    for (const Tiles& tiles : {tiling.high, tiling.low}) {
        if (!tiles.count) continue;
        switch (tiles.height) {
            case 1: run_tiles<1, T>(g, b, n, tiling.rows, tiles); break;
            case 2: run_tiles<2, T>(g, b, n, tiling.rows, tiles); break;
            case 3: run_tiles<3, T>(g, b, n, tiling.rows, tiles); break;
            case 4: run_tiles<4, T>(g, b, n, tiling.rows, tiles); break;
            case 5: run_tiles<kHighest < 5 ? 4 : 5, T>(g, b, n, tiling.rows, tiles); break;
            default: run_tiles<kHighest, T>(g, b, n, tiling.rows, tiles);
        }
    }
}

template <class T>
void run_gemm(const Gemm& g) {
    if (g.m <= 0) return;
    const ptrdiff_t depth = g.weights->k();
    for (int n = g.n0; n < g.n0 + g.n; n += kChannels)
        run_panel<T>(g, g.weights->weights_as<Weight>() + n * depth, n);
}
