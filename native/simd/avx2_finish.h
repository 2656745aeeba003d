// Where a tile's outputs go. Included inside avx2_integer.cpp's namespace after avx2_outputs.h.
//
// The units that pack are those that multiply, so what is packed goes to memory in halves and quarters
// of a vector, without another instruction there.

template <class Out>
using PlaceOf = Place<int16_t, typename Out::Element, uint8_t>;

inline void put_low(void* to, __m256i q) {
    _mm_storeu_si128(static_cast<__m128i*>(to), _mm256_castsi256_si128(q));
}
inline void put_high(void* to, __m256i q) {
    _mm_storeu_si128(static_cast<__m128i*>(to), _mm256_extracti128_si256(q, 1));
}

__m128i load_sixteen(const uint8_t* from) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}
__m128i load_eight(const uint8_t* from) {
    return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
}

// What every tile of a panel needs to become outputs. Vectors go in pairs; where the last one has no
// neighbor, it goes with the next pixel's: half of its channels in either half of what is packed.
template <class Out>
class Finish {
  public:
    Finish(const Gemm& g, int n)
        : weights_(*g.weights),
          n_(n),
          ending_(*g.weights),
          shortcut_(Out::kAdds && g.residual ? *g.sum : Sum()) {}

    template <int Rows, int Vectors>
    inline __attribute__((always_inline)) void operator()(__m256i (&sums)[Rows][Vectors],
                                                          const PlaceOf<Out>& place) const {
        if constexpr (Out::kWide) return put_wide(sums, place);
        if constexpr (Out::kAdds)
            if (place.residual) return put_bytes<true>(sums, place);
        put_bytes<false>(sums, place);
    }

  private:
    template <int Rows, int Vectors>
    inline __attribute__((always_inline)) void put_wide(__m256i (&sums)[Rows][Vectors],
                                                        const PlaceOf<Out>& place) const {
#pragma GCC unroll 16
        for (int v = 0; v + 1 < Vectors; v += 2) {
            const Factors factors0 = factors(v), factors1 = factors(v + 1);
#pragma GCC unroll 16
            for (int r = 0; r < Rows; ++r)
                _mm256_storeu_si256(
                    reinterpret_cast<__m256i*>(place.out(r) + v * kLanes),
                    ending_.wide(sums[r][v], sums[r][v + 1], factors0, factors1));
        }
        if constexpr (Vectors % 2) {
            constexpr int kLast = Vectors - 1;
            const Factors factors0 = factors(kLast);
#pragma GCC unroll 16
            for (int r = 0; r < Rows; r += 2) {
                const int next = r + 1 < Rows ? r + 1 : r;
                const __m256i both = _mm256_permute4x64_epi64(
                    ending_.wide(sums[r][kLast], sums[next][kLast], factors0, factors0), 0xd8);
                put_low(place.out(r) + kLast * kLanes, both);
                if (next > r) put_high(place.out(next) + kLast * kLanes, both);
            }
        }
    }

    // Two pixels of 16 channels, or four of the last 8, are packed at once.
    template <bool Adds, int Rows, int Vectors>
    inline __attribute__((always_inline)) void put_bytes(__m256i (&sums)[Rows][Vectors],
                                                         const PlaceOf<Out>& place) const {
#pragma GCC unroll 16
        for (int v = 0; v + 1 < Vectors; v += 2) {
            const Factors factors0 = factors(v), factors1 = factors(v + 1);
#pragma GCC unroll 16
            for (int r = 0; r < Rows; r += 2) {
                const int next = r + 1 < Rows ? r + 1 : r;
                const __m256i both = _mm256_permute4x64_epi64(
                    bytes<Adds>(
                        two_vectors<Adds>(sums[r][v], sums[r][v + 1], factors0, factors1, place, r,
                                          v),
                        two_vectors<Adds>(sums[next][v], sums[next][v + 1], factors0, factors1,
                                          place, next, v)),
                    0xd8);
                put_low(place.out(r) + v * kLanes, both);
                if (next > r) put_high(place.out(next) + v * kLanes, both);
            }
        }
        if constexpr (Vectors % 2) {
            constexpr int kLast = Vectors - 1, kEnd = Rows - 1;
            const Factors factors0 = factors(kLast);
#pragma GCC unroll 16
            for (int r = 0; r < Rows; r += 4) {
                const int at[4] = {r, r + 1 < Rows ? r + 1 : kEnd, r + 2 < Rows ? r + 2 : kEnd,
                                   r + 3 < Rows ? r + 3 : kEnd};
                const __m256i four = bytes<Adds>(
                    two_pixels<Adds>(sums[at[0]][kLast], sums[at[1]][kLast], factors0, place, at[0],
                                     at[1], kLast),
                    two_pixels<Adds>(sums[at[2]][kLast], sums[at[3]][kLast], factors0, place, at[2],
                                     at[3], kLast));
                put_four(place, r, Rows - r, kLast * kLanes, four);
            }
        }
    }

    // Pixels' 8 bytes each, of which a vector's halves hold 4 and 4.
    static inline __attribute__((always_inline)) void put_four(const PlaceOf<Out>& place, int r,
                                                               int count, int lane, __m256i four) {
        const __m256i pixels = _mm256_permutevar8x32_epi32(
            four, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
        const auto put_two = [&](int first, __m128i two) {
            if (first < count)
                _mm_storel_epi64(reinterpret_cast<__m128i*>(place.out(r + first) + lane), two);
            if (first + 1 < count)
                _mm_storeh_pi(reinterpret_cast<__m64*>(place.out(r + first + 1) + lane),
                              _mm_castsi128_ps(two));
        };
        put_two(0, _mm256_castsi256_si128(pixels));
        put_two(2, _mm256_extracti128_si256(pixels, 1));
    }

    // 16 channels of a pixel.
    template <bool Adds>
    inline __attribute__((always_inline)) __m256i two_vectors(
        __m256i first, __m256i second, const Factors& factors0, const Factors& factors1,
        const PlaceOf<Out>& place, int row, int v) const {
        const __m256i words = ending_.words(first, second, factors0, factors1);
        if constexpr (Adds)
            return shortcut_.words(ending_.clamped(words),
                                   load_sixteen(residual(place, row, v)));
        else
            return words;
    }

    // 8 channels of each of two pixels.
    template <bool Adds>
    inline __attribute__((always_inline)) __m256i two_pixels(
        __m256i first, __m256i second, const Factors& both, const PlaceOf<Out>& place, int row,
        int next, int v) const {
        const __m256i words = ending_.words(first, second, both, both);
        if constexpr (Adds)
            return shortcut_.words(ending_.clamped(words),
                                   _mm_unpacklo_epi32(load_eight(residual(place, row, v)),
                                                      load_eight(residual(place, next, v))));
        else
            return words;
    }

    template <bool Adds>
    __m256i bytes(__m256i a, __m256i b) const {
        if constexpr (Adds)
            return shortcut_.bytes(a, b);
        else
            return ending_.bytes(a, b);
    }

    static const uint8_t* residual(const PlaceOf<Out>& place, int row, int v) {
        return place.residual + row * place.residual_stride + v * kLanes;
    }

    Factors factors(int v) const { return Factors(weights_, n_ + v * kLanes); }

    const Packed& weights_;
    const int n_;
    const typename Out::End ending_;
    const Shortcut shortcut_;
};
