// A tile of a matrix product: pixels by a panel's channels, all of its sums in registers. Included
// inside vnni_integer.cpp's namespace.

// `Vectors` whole ones a pixel, and half a one more where 8 channels are left over.
template <int Rows, int Vectors, bool WithHalf>
struct Sums {
    __m512i full[Rows][Vectors ? Vectors : 1];
    __m256i half[Rows];

    static constexpr int kWidth = 16 * Vectors + 8 * WithHalf;

    MNV2_INLINE void start(const int32_t* bias) {
#pragma GCC unroll 16
        for (int v = 0; v < Vectors; ++v)
#pragma GCC unroll 16
            for (int r = 0; r < Rows; ++r) full[r][v] = Full::load(bias + 16 * v);
        if constexpr (WithHalf)
#pragma GCC unroll 16
            for (int r = 0; r < Rows; ++r) half[r] = Half::load(bias + 16 * Vectors);
    }

    // Four numbers of every pixel times their weights.
    MNV2_INLINE void add(const uint8_t* a, ptrdiff_t stride, const int8_t* weights) {
        __m512i whole[Vectors ? Vectors : 1];
        __m256i last = _mm256_setzero_si256();
#pragma GCC unroll 16
        for (int v = 0; v < Vectors; ++v) whole[v] = Full::load(weights + 64 * v);
        if constexpr (WithHalf) last = Half::load(weights + 64 * Vectors);
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r) {
            const __m512i pixel = Full::broadcast(a + r * stride);
#pragma GCC unroll 16
            for (int v = 0; v < Vectors; ++v) full[r][v] = Full::dot(full[r][v], pixel, whole[v]);
            if constexpr (WithHalf)
                half[r] = Half::dot(half[r], _mm512_castsi512_si256(pixel), last);
        }
    }

    // Scaled, with the shortcut, as bytes to where they belong.
    MNV2_INLINE void write(const Gemm& g, int n, const Ending& ending, const BytePlace& place) {
        const float* multipliers = g.weights->multipliers.as<float>() + n;
#pragma GCC unroll 16
        for (int v = 0; v < Vectors; ++v)
#pragma GCC unroll 16
            for (int r = 0; r < Rows; ++r)
                full[r][v] = Full::scaled(full[r][v], Full::load_floats(multipliers + 16 * v));
        if constexpr (WithHalf)
#pragma GCC unroll 16
            for (int r = 0; r < Rows; ++r)
                half[r] = Half::scaled(half[r], Half::load_floats(multipliers + 16 * Vectors));
        if (place.residual)
            add_shortcut(Shortcut(*g.weights, *g.sum), place.residual, place.residual_stride);
        if constexpr (Vectors > 0) write_full<Rows, Vectors>(ending, full, place);
        if constexpr (WithHalf) write_half<Rows>(ending, half, place, 16 * Vectors);
    }

  private:
    MNV2_INLINE void add_shortcut(const Shortcut& shortcut, const uint8_t* residual,
                                  ptrdiff_t stride) {
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r) {
            if constexpr (Vectors > 0) {
                __m512i numbers[Vectors];
                load_residual(residual + r * stride, numbers);
#pragma GCC unroll 16
                for (int v = 0; v < Vectors; ++v) full[r][v] = shortcut(full[r][v], numbers[v]);
            }
            if constexpr (WithHalf)
                half[r] = shortcut(half[r], _mm256_cvtepu8_epi32(_mm_loadl_epi64(
                                                reinterpret_cast<const __m128i*>(
                                                    residual + r * stride + 16 * Vectors))));
        }
    }
};

