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

__m256i all_words(float number) { return _mm256_set1_epi16(static_cast<int16_t>(number)); }
__m256i all_bytes(float number) {
    return _mm256_set1_epi8(static_cast<int8_t>(static_cast<int>(number)));
}

// Constants that every output of a layer needs, and how 16 sums (one vector twice where there are 8)
// become int16, and these either wide outputs or, 32 at once, bytes.
struct Ending {
    __m256i zero_point, low, high, low_bytes, high_bytes;

    explicit Ending(const Packed& w)
        : zero_point(_mm256_set1_epi16(static_cast<int16_t>(w.zero_point))),
          low(all_words(w.clamp.low)),
          high(all_words(w.clamp.high)),
          low_bytes(all_bytes(w.clamp.low)),
          high_bytes(all_bytes(w.clamp.high)) {}

    // Sums to steps of the output's scale, halves to even.
    static __m256i scaled(__m256i sums, const Factors& factors) {
        return _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_cvtepi32_ps(sums), factors.own));
    }

    __m256i words(__m256i first, __m256i second, const Factors& factors0,
                  const Factors& factors1) const {
        const __m256i both = _mm256_packs_epi32(scaled(first, factors0), scaled(second, factors1));
        return _mm256_adds_epi16(both, zero_point);
    }
    __m256i clamped(__m256i words) const {
        return _mm256_min_epi16(_mm256_max_epi16(words, low), high);
    }
    __m256i wide(__m256i first, __m256i second, const Factors& factors0,
                 const Factors& factors1) const {
        return clamped(words(first, second, factors0, factors1));
    }
    // What leaves the range of a byte lies outside any clamp as well.
    __m256i bytes(__m256i a, __m256i b) const {
        return _mm256_min_epu8(_mm256_max_epu8(_mm256_packus_epi16(a, b), low_bytes), high_bytes);
    }
};

// The same where zero stands for itself and is the least: packing cuts off below, and sums are
// floats as they stand.
struct LiftedEnding {
    __m256i high, high_bytes;

    explicit LiftedEnding(const Packed& w)
        : high(all_words(w.clamp.high)), high_bytes(all_bytes(w.clamp.high)) {}

    static __m256i scaled(__m256i sums, const Factors& factors) {
        return _mm256_cvtps_epi32(
            _mm256_fmsub_ps(_mm256_castsi256_ps(sums), factors.own, factors.lifted));
    }

    __m256i words(__m256i first, __m256i second, const Factors& factors0,
                  const Factors& factors1) const {
        return _mm256_packs_epi32(scaled(first, factors0), scaled(second, factors1));
    }
    __m256i wide(__m256i first, __m256i second, const Factors& factors0,
                 const Factors& factors1) const {
        return _mm256_min_epu16(
            _mm256_packus_epi32(scaled(first, factors0), scaled(second, factors1)), high);
    }
    __m256i bytes(__m256i a, __m256i b) const {
        return _mm256_min_epu8(_mm256_packus_epi16(a, b), high_bytes);
    }
};

// What a kernel puts out: elements of a map (uint8_t) or wide ones, and how sums become them. A
// shortcut, if there is one, follows on an ending that is not lifted.
template <class T, class E>
struct To {
    using Element = T;
    using End = E;
    static constexpr bool kWide = sizeof(T) > 1;
    static constexpr bool kAdds = !kWide && std::is_same_v<E, Ending>;
};

// The shortcut: 16 outputs as int16 and 16 bytes of the block's input become their sums. The factors
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
          least(all_bytes(s.clamp.low)),
          most(all_bytes(s.clamp.high)),
          shift(_mm_cvtsi32_si128(s.shift)) {}

    static __m256i pair(int first, int second) { return _mm256_set1_epi32(second << 16 | first); }

    __m256i steps(__m256i pairs) const {
        const __m256i products = _mm256_add_epi32(
            _mm256_slli_epi32(_mm256_madd_epi16(pairs, high), kLowBits),
            _mm256_madd_epi16(pairs, low));
        return _mm256_sra_epi32(_mm256_add_epi32(products, bias), shift);
    }

    // Still without the sum's own clamp.
    __m256i words(__m256i outputs, __m128i bytes) const {
        const __m256i source = _mm256_cvtepu8_epi16(bytes);
        const __m256i both =
            _mm256_packs_epi32(steps(_mm256_unpacklo_epi16(outputs, source)),
                               steps(_mm256_unpackhi_epi16(outputs, source)));
        return _mm256_adds_epi16(both, zero_point);
    }
    __m256i bytes(__m256i a, __m256i b) const {
        return _mm256_min_epu8(_mm256_max_epu8(_mm256_packus_epi16(a, b), least), most);
    }
};
