// Eight pixels at a time, their colors side by side as floats; no product is fused with a sum, which
// would round once less than the plain kernel.

#include "avx2_recolor.h"

#include <immintrin.h>

#include <algorithm>

namespace mnv2 {
namespace {

constexpr size_t kAtOnce = 8;
constexpr size_t kPixelBytes = 3;

struct Colors {
    __m256 red, green, blue;
};

// Of eight pixels from `from` on, of which 28 bytes are read.
Colors load(const uint8_t* from) {
    const __m256i spread = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1));
    const auto four = [](const uint8_t* at) {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    };
    const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(four(from)),
                                                 four(from + 4 * kPixelBytes), 1);
    const __m256i pixels = _mm256_shuffle_epi8(both, spread), byte = _mm256_set1_epi32(255);
    return {_mm256_cvtepi32_ps(_mm256_and_si256(pixels, byte)),
            _mm256_cvtepi32_ps(_mm256_and_si256(_mm256_srli_epi32(pixels, 8), byte)),
            _mm256_cvtepi32_ps(_mm256_srli_epi32(pixels, 16))};
}

__m256i changed(const float* m, const Colors& from) {
    __m256 sum = _mm256_add_ps(_mm256_mul_ps(_mm256_set1_ps(m[0]), from.red),
                               _mm256_mul_ps(_mm256_set1_ps(m[1]), from.green));
    sum = _mm256_add_ps(sum, _mm256_mul_ps(_mm256_set1_ps(m[2]), from.blue));
    sum = _mm256_add_ps(_mm256_add_ps(sum, _mm256_set1_ps(m[3])), _mm256_set1_ps(0.5f));
    sum = _mm256_min_ps(_mm256_max_ps(sum, _mm256_setzero_ps()), _mm256_set1_ps(255));
    return _mm256_cvttps_epi32(sum);
}

// Eight pixels to `out`, of which 28 bytes are written.
void store(__m256i red, __m256i green, __m256i blue, __m256i order, uint8_t* out) {
    const __m256i together = _mm256_shuffle_epi8(
        _mm256_permutevar8x32_epi32(
            _mm256_or_si256(red, _mm256_or_si256(_mm256_slli_epi32(green, 8),
                                                 _mm256_slli_epi32(blue, 16))),
            order),
        _mm256_broadcastsi128_si256(
            _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1)));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm256_castsi256_si128(together));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 4 * kPixelBytes),
                     _mm256_extracti128_si256(together, 1));
}

}  // namespace

void recolor_with_avx2(const uint8_t* row, size_t pixels, const ColorMatrix& matrix, bool mirrored,
                       uint8_t* out) {
    const __m256i order = mirrored ? _mm256_setr_epi32(7, 6, 5, 4, 3, 2, 1, 0)
                                   : _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    for (size_t place = 0; place < pixels; place += kAtOnce) {
        const size_t count = std::min(kAtOnce, pixels - place);
        const size_t x = mirrored ? pixels - place - count : place;
        const uint8_t* from = row + kPixelBytes * x;
        uint8_t* to = out + kPixelBytes * place;
        // What is written beyond eight pixels is made anew by the next eight. Where rows end, with
        // the picture's memory perhaps, these go through room of their own.
        const bool inside = std::max(x, place) + kAtOnce + 2 <= pixels;
        uint8_t copy[32] = {}, made[32];
        if (!inside) std::copy_n(from, kPixelBytes * count, copy);
        const Colors colors = load(inside ? from : copy);
        store(changed(matrix, colors), changed(matrix + 4, colors), changed(matrix + 8, colors),
              order, inside ? to : made);
        const uint8_t* begin = made + (mirrored ? kPixelBytes * (kAtOnce - count) : 0);
        if (!inside) std::copy_n(begin, kPixelBytes * count, to);
    }
}

}  // namespace mnv2
