// The float kernels for any vector type. A file for one instruction set defines `Vector` and
// includes this inside its own namespace: nothing here may be shared between sets, or the linker
// would keep one set's code for all.
//
// A tile is kRows[v] pixels by v vectors of channels, all of its sums in registers. Measured with
// everything in the first cache: any tile with 12 sums or more on AVX2 (16 registers), or 20 or
// more on AVX-512 (32 registers), comes within 5 % of the machine's peak, except those one vector
// wide, which spend their time on broadcasts.

using FloatPlace = Place<float, float, float>;

// The biases and the products of all numbers.
template <int Rows, int Vectors, class Ahead>
inline __attribute__((always_inline)) void float_sum_up(const Window& w, const FloatPlace& place,
                                                        const float* b, const float* bias,
                                                        Vector (&sums)[Rows][Vectors],
                                                        Ahead ahead) {
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; ++v) {
        const Vector start = Vector::load(bias + v * Vector::kLanes);
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r) sums[r][v] = start;
    }
    for (const int32_t* segment = w.first; segment != w.last; ++segment) {
        const float* at = place.a + *segment;
#pragma GCC unroll 2
        for (const float* end = at + w.length; at != end; ++at) {
            ahead.fetch();
            Vector weights[Vectors];
#pragma GCC unroll 16
            for (int v = 0; v < Vectors; ++v) weights[v] = Vector::load(b + v * Vector::kLanes);
            b += Vectors * Vector::kLanes;
#pragma GCC unroll 16
            for (int r = 0; r < Rows; ++r) {
                const Vector pixel = Vector::broadcast(at[r * place.a_stride]);
#pragma GCC unroll 16
                for (int v = 0; v < Vectors; ++v)
                    sums[r][v] = Vector::multiply_add(pixel, weights[v], sums[r][v]);
            }
        }
    }
}

// What every tile of a panel needs to become outputs.
struct FloatFinish {
    const Vector low, high;
    const bool half;  // of the last vector

    FloatFinish(const Gemm& g, bool half)
        : low(Vector::broadcast(g.weights->clamp.low)),
          high(Vector::broadcast(g.weights->clamp.high)),
          half(half) {}

    template <int Rows, int Vectors>
    inline __attribute__((always_inline)) void operator()(const Vector (&sums)[Rows][Vectors],
                                                          const FloatPlace& place) const {
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 16
            for (int v = 0; v < Vectors; ++v) {
                Vector sum = Vector::minimum(high, Vector::maximum(low, sums[r][v]));
                const bool part = half && v == Vectors - 1;
                const int lane = v * Vector::kLanes;
                if (place.residual) {
                    const float* from = place.residual + r * place.residual_stride + lane;
                    sum = Vector::add(sum, part ? Vector::load_half(from) : Vector::load(from));
                }
                float* to = place.out(r) + lane;
                if (part)
                    Vector::store_half(to, sum);
                else
                    Vector::store(to, sum);
            }
    }
};

// One pixel: a weight is used once, so the time is that of reading it. Four sums a vector keep
// more loads in flight than one chain of additions would.
template <int Vectors>
void float_pixel(const Gemm& g, const float* b, int n, bool half) {
    const FloatPlace place(g, n, 0, 0);
    Vector sums[4][Vectors];
    const float* bias = g.weights->bias.as<float>() + n;
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; ++v) {
        sums[0][v] = Vector::load(bias + v * Vector::kLanes);
        sums[1][v] = sums[2][v] = sums[3][v] = Vector::broadcast(0);
    }
    const int length = g.weights->segment_length;
    for (const int32_t segment : g.weights->segments) {
        const float* at = place.a + segment;
        int k = 0;
        for (; k + 4 <= length; k += 4)
#pragma GCC unroll 16
            for (int i = 0; i < 4; ++i) {
                const Vector pixel = Vector::broadcast(at[k + i]);
#pragma GCC unroll 16
                for (int v = 0; v < Vectors; ++v, b += Vector::kLanes)
                    sums[i][v] = Vector::multiply_add(pixel, Vector::load(b), sums[i][v]);
            }
        for (; k < length; ++k) {
            const Vector pixel = Vector::broadcast(at[k]);
#pragma GCC unroll 16
            for (int v = 0; v < Vectors; ++v, b += Vector::kLanes)
                sums[0][v] = Vector::multiply_add(pixel, Vector::load(b), sums[0][v]);
        }
    }
    Vector whole[1][Vectors];
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; ++v)
        whole[0][v] = Vector::add(Vector::add(sums[0][v], sums[1][v]),
                                  Vector::add(sums[2][v], sums[3][v]));
    FloatFinish(g, half)(whole, place);
}

template <int Vectors>
size_t float_panel_bytes(const Gemm& g) {
    return sizeof(float) * Vectors * Vector::kLanes * static_cast<size_t>(g.weights->k());
}

// Tiles of `Rows` pixels in each row, of one panel of channels.
template <int Rows, int Vectors, class Ahead>
void float_panel(const Gemm& g, const float* b, int n, bool half, const Tiling& tiling,
                 const Tiles& tiles) {
    Ahead ahead(b, float_panel_bytes<Vectors>(g), tiling.count(), tiles.done, g.weights->k());
    const Window window(g);
    const FloatFinish finish(g, half);
    const float* bias = g.weights->bias.as<float>() + n;
    for (int y = 0; y < tiling.rows; ++y) {
        FloatPlace place(g, n, y, tiles.first);
        for (int i = 0; i < tiles.count; ++i, place.move_by(Rows), ahead.next_tile()) {
            Vector sums[Rows][Vectors];
            float_sum_up(window, place, b, bias, sums, ahead);
            finish(sums, place);
        }
    }
}

using FloatPanel = void (*)(const Gemm&, const float*, int, bool, const Tiling&, const Tiles&);

template <int Vectors, int... Rows>
FloatPanel float_panel_of(int rows, bool by_tile, std::integer_sequence<int, Rows...>) {
    static constexpr FloatPanel kPanels[2][sizeof...(Rows)] = {
        {float_panel<Rows + 1, Vectors, Ahead>...},
        {float_panel<Rows + 1, Vectors, AheadByTile>...}};
    return kPanels[by_tile][rows - 1];
}

template <int Vectors>
void float_run_panel(const Gemm& g, const float* b, int n, bool half) {
    if (g.m == 1) return float_pixel<Vectors>(g, b, n, half);
    constexpr auto kHeights = std::make_integer_sequence<int, kRows[Vectors]>();
    const Tiling tiling(g, kRows[Vectors]);
    const bool by_tile = AheadByTile::fits(float_panel_bytes<Vectors>(g), tiling.count());
    for (const Tiles& tiles : {tiling.high, tiling.low})
        if (tiles.count)
            float_panel_of<Vectors>(tiles.height, by_tile, kHeights)(g, b, n, half, tiling, tiles);
}

// Of the widths that kRows has a height for, the one that is asked for.
template <int Vectors = 1>
void float_run_panel_of(int vectors, const Gemm& g, const float* b, int n, bool half) {
    if constexpr (kRows[Vectors] > 0)
        if (vectors == Vectors) return float_run_panel<Vectors>(g, b, n, half);
    if constexpr (Vectors + 1 < static_cast<int>(std::size(kRows)))
        float_run_panel_of<Vectors + 1>(vectors, g, b, n, half);
}

inline int64_t float_peak(int64_t rounds) {
    constexpr int kChains = 12;  // more than wait for one another on any of these machines
    const Vector a = Vector::broadcast(0.5f), b = Vector::broadcast(0.25f);
    Vector sums[kChains];
    for (Vector& sum : sums) sum = a;
    for (int64_t i = 0; i < rounds; ++i)
#pragma GCC unroll 16
        for (Vector& sum : sums) sum = Vector::multiply_add(a, b, sum);
    float values[kChains * Vector::kLanes];
    for (int i = 0; i < kChains; ++i) Vector::store(values + Vector::kLanes * i, sums[i]);
    volatile float seen = values[0];  // or nothing of all this would be made
    for (const float value : values) seen = seen + value;
    return rounds * kChains * Vector::kLanes;
}

inline size_t float_dense_bytes(const Packed& packed) {
    return sizeof(float) * static_cast<size_t>(packed.k()) *
           round_up(static_cast<size_t>(packed.padded), Vector::kLanes);
}

inline void float_pack_dense(const NaturalWeights& natural, Packed& packed) {
    const int depth = packed.k();
    float* to = packed.weights_as<float>();
    for (int n = 0; n < packed.padded;) {
        const int width = panel_vectors(packed, n, Vector::kLanes) * Vector::kLanes;
        for (int k = 0; k < depth; ++k, to += width)
            for (int lane = 0; lane < width && n + lane < natural.out; ++lane)
                to[lane] = natural.at(n + lane, k);
        n += width;
    }
}

inline void float_gemm(const Gemm& g) {
    if (g.m <= 0) return;
    const Packed& w = *g.weights;
    const float* b = w.weights_as<float>() + static_cast<ptrdiff_t>(g.n0) * w.k();
    for (int n = g.n0; n < g.n0 + g.n;) {
        const int vectors = panel_vectors(w, n, Vector::kLanes);
        const int width = vectors * Vector::kLanes;
        const bool half = n + width > g.n0 + g.n;
        float_run_panel_of(vectors, g, b, n, half);
        b += static_cast<ptrdiff_t>(width) * w.k();
        n += width;
    }
}

#include "float_depthwise.h"
