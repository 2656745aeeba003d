// From sums to bytes: what happens when a tile's last product has been added. Included inside
// vnni_integer.cpp's namespace.
//
// Packing works within the four 16-byte quarters of a vector. A panel of V whole vectors therefore
// keeps, in quarter i of vector v, the four channels from 4 * V * i + 4 * v on: then the quarters
// of packed outputs hold neighbors, and one permutation of dwords brings them into order.

constexpr int channel_of(int vector, int lane, int vectors) {
    return 4 * vectors * (lane / 4) + 4 * vector + lane % 4;
}

struct alignas(64) Order {
    int32_t dwords[16] = {};
};

// Where the dwords of `rows` rows of V vectors come from, when quarter i holds V dwords of each.
// With three vectors a row's third one shares its vector with the next row's: `third` is 2 or 3.
constexpr Order gathered(int vectors, int rows, int third = 2) {
    Order order;
    for (int row = 0; row < rows; ++row)
        for (int quarter = 0; quarter < 4; ++quarter)
            for (int v = 0; v < vectors; ++v)
                order.dwords[4 * vectors * row + vectors * quarter + v] =
                    4 * quarter + vectors * row + (v == 2 ? third : v);
    return order;
}

// The way back, for a shortcut's bytes: dword v of quarter i is a row's dword V * i + v.
constexpr Order spread(int vectors) {
    Order order;
    for (int quarter = 0; quarter < 4; ++quarter)
        for (int v = 0; v < vectors; ++v) order.dwords[4 * quarter + v] = vectors * quarter + v;
    return order;
}

MNV2_INLINE __m512i arranged(const Order& order, __m512i dwords) {
    return _mm512_permutexvar_epi32(_mm512_load_si512(order.dwords), dwords);
}

// Constants that every output of a layer, or of a sum, needs.
struct Ending {
    __m512i zero_point, low, high;

    Ending(int zero, const Clamp& clamp)
        : zero_point(_mm512_set1_epi16(static_cast<int16_t>(zero))),
          low(_mm512_set1_epi8(static_cast<char>(static_cast<int>(clamp.low)))),
          high(_mm512_set1_epi8(static_cast<char>(static_cast<int>(clamp.high)))) {}

    template <class V>
    MNV2_INLINE typename V::Ints words(typename V::Ints a, typename V::Ints b) const {
        return V::words(a, b, narrowed<V>(zero_point));
    }
    template <class V>
    MNV2_INLINE typename V::Ints bytes(typename V::Ints a, typename V::Ints b) const {
        return V::bytes(a, b, narrowed<V>(low), narrowed<V>(high));
    }
};

// The shortcut: a layer's scaled sums and the bytes of the block's input become their sum, still
// without its zero point. The layer's own clamp comes first; its zero point is part of the bias.
struct Shortcut {
    __m512i first, second, bias, low, high;
    __m128i shift;

    Shortcut(const Packed& w, const Sum& s)
        : first(_mm512_set1_epi32(s.first)),
          second(_mm512_set1_epi32(s.second)),
          bias(_mm512_set1_epi32(s.bias() + s.first * w.zero_point)),
          low(_mm512_set1_epi32(static_cast<int>(w.clamp.low) - w.zero_point)),
          high(_mm512_set1_epi32(static_cast<int>(w.clamp.high) - w.zero_point)),
          shift(_mm_cvtsi32_si128(s.shift)) {}

    MNV2_INLINE __m512i operator()(__m512i scaled, __m512i residual) const {
        const __m512i output = _mm512_max_epi32(_mm512_min_epi32(scaled, high), low);
        const __m512i one = _mm512_mullo_epi32(output, first);
        const __m512i other = _mm512_add_epi32(_mm512_mullo_epi32(residual, second), bias);
        return _mm512_sra_epi32(_mm512_add_epi32(one, other), shift);
    }
    MNV2_INLINE __m256i operator()(__m256i scaled, __m256i residual) const {
        const __m256i output = _mm256_max_epi32(_mm256_min_epi32(scaled, narrowed<Half>(high)),
                                                narrowed<Half>(low));
        const __m256i one = _mm256_mullo_epi32(output, narrowed<Half>(first));
        const __m256i other = _mm256_add_epi32(
            _mm256_mullo_epi32(residual, narrowed<Half>(second)), narrowed<Half>(bias));
        return _mm256_sra_epi32(_mm256_add_epi32(one, other), shift);
    }
};

// A row's residual bytes as numbers, in the order of its sums.
template <int Vectors>
MNV2_INLINE void load_residual(const uint8_t* from, __m512i (&numbers)[Vectors]) {
    static constexpr Order kSpread = spread(Vectors);
    const __m512i quarters = arranged(kSpread, Full::load(from));
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) {
        const __m512i one_by_one = _mm512_set4_epi32(
            static_cast<int>(0x80808003u) + 4 * v, static_cast<int>(0x80808002u) + 4 * v,
            static_cast<int>(0x80808001u) + 4 * v, static_cast<int>(0x80808000u) + 4 * v);
        numbers[v] = _mm512_shuffle_epi8(quarters, one_by_one);
    }
}

// Packs and writes `Rows` rows of `Vectors` whole vectors.
template <int Rows, int Vectors>
MNV2_INLINE void write_full(const Ending& ending, const __m512i (&q)[Rows][Vectors],
                            const BytePlace& place) {
    constexpr int kAtOnce = Vectors == 1 ? 4 : 2;
#pragma GCC unroll 16
    for (int r = 0; r < Rows; r += kAtOnce) {
        const auto row = [](int i) { return i < Rows ? i : Rows - 1; };
        const int s = row(r + 1);
        if constexpr (Vectors == 3) {
            static constexpr Order kFirst = gathered(3, 1, 2), kSecond = gathered(3, 1, 3);
            const __m512i third = ending.words<Full>(q[r][2], q[s][2]);
            const __m512i a = ending.words<Full>(q[r][0], q[r][1]);
            store_bytes(place.out(r), arranged(kFirst, ending.bytes<Full>(a, third)), 48);
            if (r + 1 >= Rows) continue;
            const __m512i b = ending.words<Full>(q[s][0], q[s][1]);
            store_bytes(place.out(s), arranged(kSecond, ending.bytes<Full>(b, third)), 48);
        } else if constexpr (Vectors == 2) {
            static constexpr Order kOrder = gathered(2, 2);
            const __m512i both = arranged(
                kOrder, ending.bytes<Full>(ending.words<Full>(q[r][0], q[r][1]),
                                           ending.words<Full>(q[s][0], q[s][1])));
            store_bytes(place.out(r), both, 32);
            if (r + 1 < Rows) store_bytes(place.out(s), _mm512_extracti64x4_epi64(both, 1), 32);
        } else {
            static constexpr Order kOrder = gathered(1, 4);
            const int t = row(r + 2), u = row(r + 3);
            const __m512i all = arranged(
                kOrder, ending.bytes<Full>(ending.words<Full>(q[r][0], q[s][0]),
                                           ending.words<Full>(q[t][0], q[u][0])));
            store_bytes(place.out(r), all, 16);
            if (r + 1 < Rows) store_bytes(place.out(s), _mm512_extracti32x4_epi32(all, 1), 16);
            if (r + 2 < Rows) store_bytes(place.out(t), _mm512_extracti32x4_epi32(all, 2), 16);
            if (r + 3 < Rows) store_bytes(place.out(u), _mm512_extracti32x4_epi32(all, 3), 16);
        }
    }
}

// The same for half vectors: eight channels a row, in their own order.
template <int Rows>
MNV2_INLINE void write_half(const Ending& ending, const __m256i (&q)[Rows],
                            const BytePlace& place, int lane) {
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
#pragma GCC unroll 16
    for (int r = 0; r < Rows; r += 4) {
        const auto row = [](int i) { return i < Rows ? i : Rows - 1; };
        const int s = row(r + 1), t = row(r + 2), u = row(r + 3);
        const __m256i all = _mm256_permutevar8x32_epi32(
            ending.bytes<Half>(ending.words<Half>(q[r], q[s]), ending.words<Half>(q[t], q[u])),
            order);
        const __m128i low = _mm256_castsi256_si128(all), high = _mm256_extracti128_si256(all, 1);
        store_bytes(place.out(r) + lane, low, 8);
        if (r + 1 < Rows) store_bytes(place.out(s) + lane, _mm_unpackhi_epi64(low, low), 8);
        if (r + 2 < Rows) store_bytes(place.out(t) + lane, high, 8);
        if (r + 3 < Rows) store_bytes(place.out(u) + lane, _mm_unpackhi_epi64(high, high), 8);
    }
}
