// The sums of a tile: `Rows` pixels by `Vectors` times 8 channels, all of them in registers. Included
// inside avx2_integer.cpp's namespace.
//
// Where few numbers are summed up, 16 in the first blocks, a third of a tile's instructions surround
// its products. So the first products are added to the biases where they lie, and what tiles have in
// common is made once for a panel.

__m256i broadcast_pair(const int16_t* pair) {
    int32_t both;
    __builtin_memcpy(&both, pair, sizeof both);
    return _mm256_set1_epi32(both);
}

__m256i load(const int8_t* from) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}

__m256i load(const int16_t* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

__m256i load(const int32_t* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

// A pixel's pair times weights that stay in memory.
__m256i madd(__m256i pixel, const int16_t* weights) {
    __m256i product;
    asm("vpmaddwd %1, %2, %0"
        : "=x"(product)
        : "m"(*reinterpret_cast<const __m256i*>(weights)), "x"(pixel));
    return product;
}

__m256i madd(__m256i pixel, const int8_t* weights) {
    return _mm256_madd_epi16(pixel, load(weights));
}

// Adds the products of a pair of numbers of each pixel: to the sums, or, the first ones, to `bias`.
template <bool First, int Rows, int Vectors, class W>
inline __attribute__((always_inline)) void add_pair(const int16_t* at, ptrdiff_t stride, const W* b,
                                                    const int32_t* bias,
                                                    __m256i (&sums)[Rows][Vectors]) {
    // 12 sums, a pixel, a product and all three weights would need 17 registers.
    constexpr int kHeld = Rows * Vectors == 12 ? 2 : Vectors;
    __m256i weights[kHeld];
#pragma GCC unroll 16
    for (int v = 0; v < kHeld; ++v) weights[v] = load(b + v * 2 * kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
        const __m256i pixel = broadcast_pair(at + r * stride);
#pragma GCC unroll 16
        for (int v = 0; v < Vectors; ++v) {
            const __m256i before = First ? load(bias + v * kLanes) : sums[r][v];
            const __m256i product = v < kHeld ? _mm256_madd_epi16(pixel, weights[v])
                                              : madd(pixel, b + v * 2 * kLanes);
            sums[r][v] = _mm256_add_epi32(before, product);
        }
    }
}

// Adds the products of `pairs` pairs of numbers, and moves on behind their weights.
template <int Rows, int Vectors, class W, class Ahead>
inline __attribute__((always_inline)) void add_pairs(const int16_t* at, ptrdiff_t pairs,
                                                     ptrdiff_t stride, const W*& b,
                                                     __m256i (&sums)[Rows][Vectors], Ahead& ahead) {
#pragma GCC unroll 2
    for (; pairs > 0; --pairs, at += 2, b += Vectors * 2 * kLanes) {
        ahead.fetch();
        add_pair<false>(at, stride, b, nullptr, sums);
    }
}

template <int Rows, int Vectors, class W, class Ahead>
inline __attribute__((always_inline)) void sum_up(const Window& w, const int16_t* a,
                                                  ptrdiff_t stride, const W* b, const int32_t* bias,
                                                  __m256i (&sums)[Rows][Vectors], Ahead ahead) {
    const int32_t* segment = w.first;
    ahead.fetch();
    add_pair<true>(a + *segment, stride, b, bias, sums);
    b += Vectors * 2 * kLanes;
    add_pairs(a + *segment + 2, w.length / 2 - 1, stride, b, sums, ahead);
    while (++segment != w.last) add_pairs(a + *segment, w.length / 2, stride, b, sums, ahead);
}
