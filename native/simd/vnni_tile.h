// A tile of a matrix product: pixels by a panel's channels, all of its sums in registers. Included
// inside the namespace of either set with vpdpbusd.

// `Vectors` whole ones a pixel, and one of 32 bytes more where AVX-512 has 8 channels left over.
template <int Rows, int Vectors, bool WithHalf>
struct Sums {
    Full::Ints full[Rows][Vectors ? Vectors : 1];
    Ymm::Ints half[Rows][1];

    static constexpr int kWhole = Full::kLanes * Vectors;
    static constexpr int kWidth = kWhole + 8 * WithHalf;

    MNV2_INLINE void start(const int32_t* bias) {
#pragma GCC unroll 16
        for (int v = 0; v < Vectors; ++v)
#pragma GCC unroll 16
            for (int r = 0; r < Rows; ++r) full[r][v] = Full::load(bias + Full::kLanes * v);
        if constexpr (WithHalf)
#pragma GCC unroll 16
            for (int r = 0; r < Rows; ++r) half[r][0] = Ymm::load(bias + kWhole);
    }

    // Four numbers of every pixel times their weights.
    MNV2_INLINE void add(const uint8_t* a, ptrdiff_t stride, const int8_t* weights) {
        Full::Ints whole[Vectors ? Vectors : 1];
        Ymm::Ints last = _mm256_setzero_si256();
#pragma GCC unroll 16
        for (int v = 0; v < Vectors; ++v) whole[v] = Full::load(weights + 4 * Full::kLanes * v);
        if constexpr (WithHalf) last = Ymm::load(weights + 4 * kWhole);
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r) {
            const Full::Ints pixel = Full::all(four_bytes(a + r * stride));
#pragma GCC unroll 16
            for (int v = 0; v < Vectors; ++v) full[r][v] = Full::dot(full[r][v], pixel, whole[v]);
            if constexpr (WithHalf) half[r][0] = Ymm::dot(half[r][0], narrowed<Ymm>(pixel), last);
        }
    }

    MNV2_INLINE void add(const Sums& other) {
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 16
            for (int v = 0; v < Vectors; ++v) full[r][v] = Full::add(full[r][v], other.full[r][v]);
            if constexpr (WithHalf) half[r][0] = Ymm::add(half[r][0], other.half[r][0]);
        }
    }

    // Scaled, with the shortcut, as bytes to where they belong.
    template <class End, class Where>
    MNV2_INLINE void write(const Finish<End>& finish, const Where& place) {
        scale(finish);
        if constexpr (std::is_same_v<End, SumEnding>) add_shortcut(finish.ending.shortcut, place);
        if constexpr (Vectors > 0) write_rows<Full>(finish.ending, full, place, 0);
        if constexpr (WithHalf) write_rows<Ymm>(finish.ending, half, place, kWhole);
    }

  private:
    template <class End>
    MNV2_INLINE void scale(const Finish<End>& finish) {
#pragma GCC unroll 16
        for (int v = 0; v < Vectors; ++v) {
            const auto factors = finish.template factors<Full>(Full::kLanes * v);
#pragma GCC unroll 16
            for (int r = 0; r < Rows; ++r)
                full[r][v] = finish.ending.template scaled<Full>(full[r][v], factors);
        }
        if constexpr (WithHalf) {
            const auto factors = finish.template factors<Ymm>(kWhole);
#pragma GCC unroll 16
            for (int r = 0; r < Rows; ++r)
                half[r][0] = finish.ending.template scaled<Ymm>(half[r][0], factors);
        }
    }

    template <class Where>
    MNV2_INLINE void add_shortcut(const Shortcut& shortcut, const Where& place) {
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r) {
            const uint8_t* residual = place.residual_of(r);
            if constexpr (Vectors > 0) add_row<Full>(shortcut, residual, full[r]);
            if constexpr (WithHalf) add_row<Ymm>(shortcut, residual + kWhole, half[r]);
        }
    }

    template <class V, int Count>
    static MNV2_INLINE void add_row(const Shortcut& shortcut, const uint8_t* residual,
                                    typename V::Ints (&row)[Count]) {
        typename V::Ints numbers[Count];
        load_residual<V>(residual, numbers);
#pragma GCC unroll 4
        for (int v = 0; v < Count; ++v) row[v] = shortcut.sum<V>(row[v], numbers[v]);
    }
};
