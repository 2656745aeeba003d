// From sums to bytes: what happens when a tile's last product has been added. Included inside
// avx2_integer.cpp's namespace.
//
// Two vectors of 8 sums are packed into 16 outputs within the halves of a register. To get them in
// order without a permutation, the channels of such a pair of vectors are {0-3, 8-11} and {4-7,
// 12-15}; weights, biases and multipliers are stored that way.

// The channel, within a panel or block, of lane `lane` of vector `vector` out of `vectors`.
int channel_of(int vector, int lane, int vectors) {
    const bool paired = vector % 2 == 1 || vector + 1 < vectors;
    if (!paired) return vector * kLanes + lane;
    return vector / 2 * 16 + lane / 4 * 8 + vector % 2 * 4 + lane % 4;
}

template <class T>
void permute(Buffer& numbers, int n, int vectors) {
    T moved[3 * kLanes];
    for (int i = 0; i < vectors * kLanes; ++i)
        moved[i] = numbers.as<T>()[n + channel_of(i / kLanes, i % kLanes, vectors)];
    for (int i = 0; i < vectors * kLanes; ++i) numbers.as<T>()[n + i] = moved[i];
}

// Reorders the numbers of the channels [n, n + 8 * vectors) as their sums will lie.
void permute(Packed& packed, int n, int vectors) {
    permute<int32_t>(packed.bias, n, vectors);
    permute<float>(packed.multipliers, n, vectors);
    permute<float>(packed.lifted, n, vectors);
}

// What sums are multiplied by, and what is taken off them again where they are lifted.
struct Factors {
    __m256 own, lifted;

    Factors(const Packed& w, int n)
        : own(_mm256_loadu_ps(w.multipliers.as<float>() + n)),
          lifted(_mm256_loadu_ps(w.lifted.as<float>() + n)) {}
};

// Constants that every output of a layer needs.
struct Ending {
    __m256i zero_point, low, high;

    explicit Ending(const Packed& w)
        : zero_point(_mm256_set1_epi16(static_cast<int16_t>(w.zero_point))),
          low(_mm256_set1_epi16(static_cast<int16_t>(w.clamp.low))),
          high(_mm256_set1_epi16(static_cast<int16_t>(w.clamp.high))) {}

    // Sums to steps of the output's scale, halves to even.
    static __m256i scaled(__m256i sums, const Factors& factors) {
        return _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_cvtepi32_ps(sums), factors.own));
    }

    // 16 sums (one vector twice where there are 8) to 16 outputs as int16.
    __m256i operator()(__m256i first, __m256i second, const Factors& factors0,
                       const Factors& factors1) const {
        const __m256i both = _mm256_packs_epi32(scaled(first, factors0), scaled(second, factors1));
        const __m256i q = _mm256_adds_epi16(both, zero_point);
        return _mm256_min_epi16(_mm256_max_epi16(q, low), high);
    }
};

// The same where zero stands for itself and is the least: one instruction packs and cuts off below,
// and sums are floats as they stand.
struct LiftedEnding {
    __m256i high;

    explicit LiftedEnding(const Packed& w)
        : high(_mm256_set1_epi16(static_cast<int16_t>(w.clamp.high))) {}

    static __m256i scaled(__m256i sums, const Factors& factors) {
        return _mm256_cvtps_epi32(
            _mm256_fmsub_ps(_mm256_castsi256_ps(sums), factors.own, factors.lifted));
    }

    __m256i operator()(__m256i first, __m256i second, const Factors& factors0,
                       const Factors& factors1) const {
        return _mm256_min_epu16(
            _mm256_packus_epi32(scaled(first, factors0), scaled(second, factors1)), high);
    }
};

// What a kernel puts out: elements of a map (uint8_t) or wide ones, and how sums become them.
template <class T, class E>
struct To {
    using Element = T;
    using End = E;
    static constexpr bool kAdds = sizeof(T) == 1;  // a shortcut, if there is one
};

// The shortcut: 16 outputs as int16 and 16 bytes of the block's input become their sum. The factors
// of 21 bits are split, so that both products are made at once, exactly, as a pair of int16.
struct Shortcut {
    static constexpr int kLowBits = 11;

    __m256i high, low, bias, zero_point, least, most;
    __m128i shift;

    explicit Shortcut(const Sum& s)
        : high(pair(s.first >> kLowBits, s.second >> kLowBits)),
          low(pair(s.first % (1 << kLowBits), s.second % (1 << kLowBits))),
          bias(_mm256_set1_epi32(s.bias())),
          zero_point(_mm256_set1_epi16(static_cast<int16_t>(s.out_zero_point))),
          least(_mm256_set1_epi16(static_cast<int16_t>(s.clamp.low))),
          most(_mm256_set1_epi16(static_cast<int16_t>(s.clamp.high))),
          shift(_mm_cvtsi32_si128(s.shift)) {}

    static __m256i pair(int first, int second) { return _mm256_set1_epi32(second << 16 | first); }

    __m256i steps(__m256i pairs) const {
        const __m256i products = _mm256_add_epi32(
            _mm256_slli_epi32(_mm256_madd_epi16(pairs, high), kLowBits),
            _mm256_madd_epi16(pairs, low));
        return _mm256_sra_epi32(_mm256_add_epi32(products, bias), shift);
    }

    __m256i operator()(__m256i outputs, __m128i bytes) const {
        const __m256i source = _mm256_cvtepu8_epi16(bytes);
        const __m256i both =
            _mm256_packs_epi32(steps(_mm256_unpacklo_epi16(outputs, source)),
                               steps(_mm256_unpackhi_epi16(outputs, source)));
        const __m256i q = _mm256_adds_epi16(both, zero_point);
        return _mm256_min_epi16(_mm256_max_epi16(q, least), most);
    }
};

__m128i to_bytes(__m256i q) {
    return _mm256_castsi256_si128(
        _mm256_permute4x64_epi64(_mm256_packus_epi16(q, q), 0x08));
}

// 16 outputs, or the first 8, to where they belong.
inline void put(int16_t* to, __m256i q, bool half) {
    if (half)
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_castsi256_si128(q));
    else
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), q);
}
inline void put(uint8_t* to, __m256i q, bool half) {
    if (half)
        _mm_storel_epi64(reinterpret_cast<__m128i*>(to), to_bytes(q));
    else
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to), to_bytes(q));
}

template <class Out>
using PlaceOf = Place<int16_t, typename Out::Element, uint8_t>;

__m128i load_eight(const uint8_t* from) {
    return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
}

// 16 outputs of one pixel.
template <class Out>
inline __attribute__((always_inline)) void store(const PlaceOf<Out>& place,
                                                 const Shortcut& shortcut, int row, int lane,
                                                 __m256i q) {
    if (Out::kAdds && place.residual)
        q = shortcut(q, _mm_loadu_si128(reinterpret_cast<const __m128i*>(
                            place.residual + row * place.residual_stride + lane)));
    put(place.out(row) + lane, q, false);
}

// 8 outputs of one pixel and 8 of another.
template <class Out>
inline __attribute__((always_inline)) void store_two(const PlaceOf<Out>& place,
                                                     const Shortcut& shortcut, int row, int next,
                                                     int lane, __m256i q) {
    if (Out::kAdds && place.residual) {
        const uint8_t* from = place.residual + lane;
        q = shortcut(q, _mm_unpacklo_epi64(load_eight(from + row * place.residual_stride),
                                           load_eight(from + next * place.residual_stride)));
    }
    put(place.out(row) + lane, q, true);
    put(place.out(next) + lane, _mm256_permute2x128_si256(q, q, 0x11), true);
}

// What every tile of a panel needs to become outputs.
template <class Out>
struct Finish {
    const Packed& weights;
    const int n;
    const typename Out::End ending;
    const Shortcut shortcut;

    Finish(const Gemm& g, int n)
        : weights(*g.weights),
          n(n),
          ending(*g.weights),
          shortcut(Out::kAdds && g.residual ? *g.sum : Sum()) {}

    template <int Rows, int Vectors>
    inline __attribute__((always_inline)) void operator()(__m256i (&sums)[Rows][Vectors],
                                                          const PlaceOf<Out>& place) const {
#pragma GCC unroll 16
        for (int v = 0; v + 1 < Vectors; v += 2) {
            const Factors factors0(weights, n + v * kLanes);
            const Factors factors1(weights, n + (v + 1) * kLanes);
#pragma GCC unroll 16
            for (int r = 0; r < Rows; ++r)
                store<Out>(place, shortcut, r, v * kLanes,
                          ending(sums[r][v], sums[r][v + 1], factors0, factors1));
        }
        if constexpr (Vectors % 2) {  // a vector left over is packed with the next pixel's
            constexpr int kLast = Vectors - 1;
            const Factors factors(weights, n + kLast * kLanes);
#pragma GCC unroll 16
            for (int r = 0; r < Rows; r += 2) {
                const int next = r + 1 < Rows ? r + 1 : r;
                const __m256i both = ending(sums[r][kLast], sums[next][kLast], factors, factors);
                store_two<Out>(place, shortcut, r, next, kLast * kLanes,
                              _mm256_permute4x64_epi64(both, 0xd8));
            }
        }
    }
};
