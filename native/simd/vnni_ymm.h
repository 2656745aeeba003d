// Vectors of 32 bytes under the names that the kernels use. Included inside an instruction set's
// namespace, which defines MNV2_DPBUSD: the instruction, in its encoding.

#if MNV2_EMULATED
#define MNV2_INLINE inline
#else
#define MNV2_INLINE inline __attribute__((always_inline))
#endif

struct Ymm {
    using Ints = __m256i;
    using Floats = __m256;
    static constexpr int kLanes = 8;

    static MNV2_INLINE Ints load(const void* from) {
        return _mm256_loadu_si256(static_cast<const __m256i*>(from));
    }
    static MNV2_INLINE Floats load_floats(const float* from) { return _mm256_loadu_ps(from); }
    static MNV2_INLINE Floats as_floats(Ints bits) { return _mm256_castsi256_ps(bits); }
    static MNV2_INLINE Ints all(int32_t number) { return _mm256_set1_epi32(number); }
    static MNV2_INLINE Ints all_words(int16_t word) { return _mm256_set1_epi16(word); }
    static MNV2_INLINE Ints all_bytes(int8_t byte) { return _mm256_set1_epi8(byte); }

    // sums + uint8 bytes * int8 weights, four products a lane. As an instruction, because gcc 12
    // moves whole tiles to the stack and back around its own intrinsic.
    static MNV2_INLINE Ints dot(Ints sums, Ints bytes, Ints weights) {
#if MNV2_EMULATED
        return _mm256_dpbusd_epi32(sums, bytes, weights);
#else
        asm(MNV2_DPBUSD " %2, %1, %0" : "+v"(sums) : "v"(bytes), "v"(weights));
        return sums;
#endif
    }
    // The same with weights that stay in memory.
    static MNV2_INLINE Ints dot_in_memory(Ints sums, Ints bytes, const Ints& weights) {
#if MNV2_EMULATED
        return dot(sums, bytes, weights);
#else
        asm(MNV2_DPBUSD " %2, %1, %0" : "+v"(sums) : "v"(bytes), "m"(weights));
        return sums;
#endif
    }

    static MNV2_INLINE Floats to_floats(Ints a) { return _mm256_cvtepi32_ps(a); }
    static MNV2_INLINE Ints to_ints(Floats a) { return _mm256_cvtps_epi32(a); }
    static MNV2_INLINE Floats times(Floats a, Floats b) { return _mm256_mul_ps(a, b); }
    static MNV2_INLINE Floats times_minus(Floats a, Floats b, Floats c) {
        return _mm256_fmsub_ps(a, b, c);
    }
    static MNV2_INLINE Ints add(Ints a, Ints b) { return _mm256_add_epi32(a, b); }
    static MNV2_INLINE Ints times(Ints a, Ints b) { return _mm256_mullo_epi32(a, b); }
    static MNV2_INLINE Ints shifted(Ints a, __m128i by) { return _mm256_sra_epi32(a, by); }
    static MNV2_INLINE Ints clamped(Ints a, Ints low, Ints high) {
        return _mm256_max_epi32(_mm256_min_epi32(a, high), low);
    }

    static MNV2_INLINE Ints low_bytes(Ints a, Ints b) { return _mm256_unpacklo_epi8(a, b); }
    static MNV2_INLINE Ints high_bytes(Ints a, Ints b) { return _mm256_unpackhi_epi8(a, b); }
    static MNV2_INLINE Ints low_words(Ints a, Ints b) { return _mm256_unpacklo_epi16(a, b); }
    static MNV2_INLINE Ints high_words(Ints a, Ints b) { return _mm256_unpackhi_epi16(a, b); }

    // Saturating at every step: what leaves the range of a byte lies outside any clamp as well.
    static MNV2_INLINE Ints words(Ints a, Ints b) { return _mm256_packs_epi32(a, b); }
    static MNV2_INLINE Ints moved(Ints words, Ints by) { return _mm256_adds_epi16(words, by); }
    static MNV2_INLINE Ints bytes(Ints a, Ints b) { return _mm256_packus_epi16(a, b); }
    static MNV2_INLINE Ints clamped_bytes(Ints a, Ints low, Ints high) {
        return _mm256_max_epu8(_mm256_min_epu8(a, high), low);
    }

    static MNV2_INLINE Ints permuted(const int32_t* order, Ints dwords) {
        return _mm256_permutevar8x32_epi32(dwords, load(order));
    }
    // Bytes of each quarter, in the order that 16 bytes give.
    static MNV2_INLINE Ints shuffled(Ints bytes, __m128i order) {
        return _mm256_shuffle_epi8(bytes, _mm256_broadcastsi128_si256(order));
    }

    static MNV2_INLINE __m128i quarter(Ints a, int which) {
        return which ? _mm256_extracti128_si256(a, 1) : _mm256_castsi256_si128(a);
    }
};

MNV2_INLINE int32_t four_bytes(const uint8_t* at) {
    int32_t all;
    __builtin_memcpy(&all, at, sizeof all);
    return all;
}

MNV2_INLINE __m128i upper_half(__m256i a) { return _mm256_extracti128_si256(a, 1); }

// Writes the first `count` bytes, a multiple of 8, without a mask.
MNV2_INLINE void store_bytes(uint8_t* to, __m128i bytes, int count) {
    if (count >= 16)
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
    else if (count > 0)
        _mm_storel_epi64(reinterpret_cast<__m128i*>(to), bytes);
}

MNV2_INLINE void store_bytes(uint8_t* to, __m256i bytes, int count) {
    if (count >= 32) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), bytes);
        return;
    }
    store_bytes(to, _mm256_castsi256_si128(bytes), count);
    if (count > 16) store_bytes(to + 16, upper_half(bytes), count - 16);
}
