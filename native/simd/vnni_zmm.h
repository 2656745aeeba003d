// Vectors of 64 bytes, under the names of vnni_ymm.h. Included inside vnni_integer.cpp's namespace.

struct Zmm {
    using Ints = __m512i;
    using Floats = __m512;
    static constexpr int kLanes = 16;

    static MNV2_INLINE Ints load(const void* from) { return _mm512_loadu_si512(from); }
    static MNV2_INLINE Floats load_floats(const float* from) { return _mm512_loadu_ps(from); }
    static MNV2_INLINE Floats as_floats(Ints bits) { return _mm512_castsi512_ps(bits); }
    static MNV2_INLINE Ints all(int32_t number) { return _mm512_set1_epi32(number); }
    static MNV2_INLINE Ints all_words(int16_t word) { return _mm512_set1_epi16(word); }
    static MNV2_INLINE Ints all_bytes(int8_t byte) { return _mm512_set1_epi8(byte); }

    static MNV2_INLINE Ints dot(Ints sums, Ints bytes, Ints weights) {
#if MNV2_EMULATED
        return _mm512_dpbusd_epi32(sums, bytes, weights);
#else
        asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(bytes), "v"(weights));
        return sums;
#endif
    }
    static MNV2_INLINE Ints dot_in_memory(Ints sums, Ints bytes, const Ints& weights) {
#if MNV2_EMULATED
        return dot(sums, bytes, weights);
#else
        asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(bytes), "m"(weights));
        return sums;
#endif
    }

    static MNV2_INLINE Floats to_floats(Ints a) { return _mm512_cvtepi32_ps(a); }
    static MNV2_INLINE Ints to_ints(Floats a) { return _mm512_cvtps_epi32(a); }
    static MNV2_INLINE Floats times(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
    static MNV2_INLINE Floats times_minus(Floats a, Floats b, Floats c) {
        return _mm512_fmsub_ps(a, b, c);
    }
    static MNV2_INLINE Ints add(Ints a, Ints b) { return _mm512_add_epi32(a, b); }
    static MNV2_INLINE Ints times(Ints a, Ints b) { return _mm512_mullo_epi32(a, b); }
    static MNV2_INLINE Ints shifted(Ints a, __m128i by) { return _mm512_sra_epi32(a, by); }
    static MNV2_INLINE Ints clamped(Ints a, Ints low, Ints high) {
        return _mm512_max_epi32(_mm512_min_epi32(a, high), low);
    }

    static MNV2_INLINE Ints low_bytes(Ints a, Ints b) { return _mm512_unpacklo_epi8(a, b); }
    static MNV2_INLINE Ints high_bytes(Ints a, Ints b) { return _mm512_unpackhi_epi8(a, b); }
    static MNV2_INLINE Ints low_words(Ints a, Ints b) { return _mm512_unpacklo_epi16(a, b); }
    static MNV2_INLINE Ints high_words(Ints a, Ints b) { return _mm512_unpackhi_epi16(a, b); }

    static MNV2_INLINE Ints words(Ints a, Ints b) { return _mm512_packs_epi32(a, b); }
    static MNV2_INLINE Ints moved(Ints words, Ints by) { return _mm512_adds_epi16(words, by); }
    static MNV2_INLINE Ints bytes(Ints a, Ints b) { return _mm512_packus_epi16(a, b); }
    static MNV2_INLINE Ints clamped_bytes(Ints a, Ints low, Ints high) {
        return _mm512_max_epu8(_mm512_min_epu8(a, high), low);
    }

    static MNV2_INLINE Ints permuted(const int32_t* order, Ints dwords) {
        return _mm512_permutexvar_epi32(load(order), dwords);
    }
    static MNV2_INLINE Ints shuffled(Ints bytes, __m128i order) {
        return _mm512_shuffle_epi8(bytes, _mm512_broadcast_i32x4(order));
    }

    static MNV2_INLINE __m128i quarter(Ints a, int which) {
        switch (which) {
            case 0: return _mm512_castsi512_si128(a);
            case 1: return _mm512_extracti32x4_epi32(a, 1);
            case 2: return _mm512_extracti32x4_epi32(a, 2);
            default: return _mm512_extracti32x4_epi32(a, 3);
        }
    }
};

MNV2_INLINE __m256i upper_half(__m512i a) { return _mm512_extracti64x4_epi64(a, 1); }

MNV2_INLINE void store_bytes(uint8_t* to, __m512i bytes, int count) {
    if (count >= 64) {
        _mm512_storeu_si512(to, bytes);
        return;
    }
    store_bytes(to, _mm512_castsi512_si256(bytes), count);
    if (count > 48)
        store_bytes(to + 32, upper_half(bytes), count - 32);
    else if (count > 32)  // a quarter goes to memory at no cost to the units that multiply
        store_bytes(to + 32, Zmm::quarter(bytes, 2), count - 32);
}
