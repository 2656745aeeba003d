// Vectors of 64 and of 32 bytes under one set of names, for kernels that use both: a network's
// channels are multiples of 8, and a half vector costs half the time of a whole one. Included
// inside vnni_integer.cpp's namespace.

#if MNV2_EMULATED
#define MNV2_INLINE inline
#else
#define MNV2_INLINE inline __attribute__((always_inline))
#endif

struct Full {
    using Ints = __m512i;
    using Floats = __m512;
    static constexpr int kLanes = 16;

    static MNV2_INLINE Ints load(const void* from) { return _mm512_loadu_si512(from); }
    static MNV2_INLINE Floats load_floats(const float* from) { return _mm512_loadu_ps(from); }

    static MNV2_INLINE Ints broadcast(const uint8_t* four) {
        int32_t all;
        __builtin_memcpy(&all, four, sizeof all);
        return _mm512_set1_epi32(all);
    }

    // sums + uint8 bytes * int8 weights, four products a lane. As an instruction, because gcc 12
    // moves whole tiles to the stack and back around its own intrinsic.
    static MNV2_INLINE Ints dot(Ints sums, Ints bytes, Ints weights) {
#if MNV2_EMULATED
        return _mm512_dpbusd_epi32(sums, bytes, weights);
#else
        asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(bytes), "v"(weights));
        return sums;
#endif
    }

    static MNV2_INLINE Ints scaled(Ints sums, Floats factors) {
        return _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_cvtepi32_ps(sums), factors));
    }

    static MNV2_INLINE Ints low_bytes(Ints a, Ints b) { return _mm512_unpacklo_epi8(a, b); }
    static MNV2_INLINE Ints high_bytes(Ints a, Ints b) { return _mm512_unpackhi_epi8(a, b); }
    static MNV2_INLINE Ints low_words(Ints a, Ints b) { return _mm512_unpacklo_epi16(a, b); }
    static MNV2_INLINE Ints high_words(Ints a, Ints b) { return _mm512_unpackhi_epi16(a, b); }

    // Saturating at every step: what leaves the range of a byte lies outside any clamp as well.
    static MNV2_INLINE Ints words(Ints a, Ints b, Ints zero_point) {
        return _mm512_adds_epi16(_mm512_packs_epi32(a, b), zero_point);
    }
    static MNV2_INLINE Ints bytes(Ints a, Ints b, Ints low, Ints high) {
        return _mm512_max_epu8(_mm512_min_epu8(_mm512_packus_epi16(a, b), high), low);
    }
};

struct Half {
    using Ints = __m256i;
    using Floats = __m256;
    static constexpr int kLanes = 8;

    static MNV2_INLINE Ints load(const void* from) {
        return _mm256_loadu_si256(static_cast<const __m256i*>(from));
    }
    static MNV2_INLINE Floats load_floats(const float* from) { return _mm256_loadu_ps(from); }

    static MNV2_INLINE Ints dot(Ints sums, Ints bytes, Ints weights) {
#if MNV2_EMULATED
        return _mm256_dpbusd_epi32(sums, bytes, weights);
#else
        asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(bytes), "v"(weights));
        return sums;
#endif
    }

    static MNV2_INLINE Ints scaled(Ints sums, Floats factors) {
        return _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_cvtepi32_ps(sums), factors));
    }

    static MNV2_INLINE Ints low_bytes(Ints a, Ints b) { return _mm256_unpacklo_epi8(a, b); }
    static MNV2_INLINE Ints high_bytes(Ints a, Ints b) { return _mm256_unpackhi_epi8(a, b); }
    static MNV2_INLINE Ints low_words(Ints a, Ints b) { return _mm256_unpacklo_epi16(a, b); }
    static MNV2_INLINE Ints high_words(Ints a, Ints b) { return _mm256_unpackhi_epi16(a, b); }

    static MNV2_INLINE Ints words(Ints a, Ints b, Ints zero_point) {
        return _mm256_adds_epi16(_mm256_packs_epi32(a, b), zero_point);
    }
    static MNV2_INLINE Ints bytes(Ints a, Ints b, Ints low, Ints high) {
        return _mm256_max_epu8(_mm256_min_epu8(_mm256_packus_epi16(a, b), high), low);
    }
};

// Either vector's from a whole one that holds the same number everywhere.
template <class V>
MNV2_INLINE typename V::Ints narrowed(__m512i all) {
    if constexpr (V::kLanes == 16)
        return all;
    else
        return _mm512_castsi512_si256(all);
}

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
    if (count > 16) store_bytes(to + 16, _mm256_extracti128_si256(bytes, 1), count - 16);
}

MNV2_INLINE void store_bytes(uint8_t* to, __m512i bytes, int count) {
    if (count >= 64) {
        _mm512_storeu_si512(to, bytes);
        return;
    }
    store_bytes(to, _mm512_castsi512_si256(bytes), count);
    if (count > 32) store_bytes(to + 32, _mm512_extracti64x4_epi64(bytes, 1), count - 32);
}
