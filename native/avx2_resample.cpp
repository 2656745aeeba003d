// Resampling by products of 16 bits: a weight of 23 bits is 15 of them and the rest, and sums of
// both are put together at the end, modulo 2^32 as in the plain kernel.

#include <immintrin.h>

#include <algorithm>
#include <cstring>

#include "resample.h"

namespace mnv2 {
namespace {

constexpr int kLowBits = 15;
constexpr int kStep = 16;  // bytes of a row at once

int16_t low(int32_t weight) { return static_cast<int16_t>(weight & ((1 << kLowBits) - 1)); }
int16_t high(int32_t weight) { return static_cast<int16_t>(weight >> kLowBits); }

// For two places at a time, four taps at a time: four vectors of pairs of weights, of which each
// half is one place's: low 0 and 1, low 2 and 3, high 0 and 1, high 2 and 3.
void pack(Taps& taps) {
    const int pairs = (taps.places() + 1) / 2;
    taps.packed.resize(static_cast<size_t>(pairs) * static_cast<size_t>(taps.taps) * 16);
    int16_t* to = taps.packed.data();
    for (int x = 0; x < taps.places(); x += 2)
        for (int tap = 0; tap < taps.taps; tap += 4)
            for (const auto part : {low, high})
                for (int half = 0; half < 4; half += 2)
                    for (int place = x; place < x + 2; ++place) {
                        const int from = std::min(place, taps.places() - 1) * taps.taps + tap + half;
                        const int32_t* weights = taps.weights.data() + from;
                        for (int color = 0; color < 4; ++color) {
                            *to++ = part(weights[0]);
                            *to++ = part(weights[1]);
                        }
                    }
}

// Bytes of the sums of low and of high parts, each four times: 0..255, in the first quarter.
__m256i rounded(__m256i lows, __m256i highs) {
    const __m256i sums = _mm256_add_epi32(_mm256_slli_epi32(highs, kLowBits), lows);
    const __m256i shifted = _mm256_srai_epi32(sums, kWeightBits);
    const __m256i words = _mm256_packs_epi32(shifted, shifted);
    return _mm256_packus_epi16(words, words);
}

void across(const uint8_t* row, const Taps& taps, uint8_t* out) {
    // Of four pixels: the colors of the first two side by side as words, and those of the others.
    const __m256i kFirst = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, -1, 4, -1, 1, -1, 5, -1, 2, -1, 6, -1, 3, -1, 7, -1));
    const __m256i kSecond = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(8, -1, 12, -1, 9, -1, 13, -1, 10, -1, 14, -1, 11, -1, 15, -1));
    const int places = taps.places(), last = places - 1;
    const __m256i* weights = reinterpret_cast<const __m256i*>(taps.packed.data());
    for (int x = 0; x < places; x += 2, out += 6) {
        const uint8_t* one = row + 4 * static_cast<ptrdiff_t>(taps.first[static_cast<size_t>(x)]);
        const uint8_t* two =
            row + 4 * static_cast<ptrdiff_t>(taps.first[static_cast<size_t>(x < last ? x + 1 : x)]);
        __m256i lows = _mm256_set1_epi32(kHalf), highs = _mm256_setzero_si256();
        for (int tap = 0; tap < taps.taps; tap += 4, one += 16, two += 16, weights += 4) {
            const __m256i pixels = _mm256_inserti128_si256(
                _mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(one))),
                _mm_loadu_si128(reinterpret_cast<const __m128i*>(two)), 1);
            const __m256i first = _mm256_shuffle_epi8(pixels, kFirst);
            const __m256i second = _mm256_shuffle_epi8(pixels, kSecond);
            const auto product = [&](__m256i words, int which) {
                return _mm256_madd_epi16(words, _mm256_loadu_si256(weights + which));
            };
            lows = _mm256_add_epi32(lows, _mm256_add_epi32(product(first, 0), product(second, 1)));
            highs = _mm256_add_epi32(highs, _mm256_add_epi32(product(first, 2), product(second, 3)));
        }
        const __m256i bytes = rounded(lows, highs);
        const int colors = _mm256_cvtsi256_si32(bytes);
        const int more = _mm256_extract_epi32(bytes, 4);
        std::memcpy(out, &colors, 4);
        std::memcpy(out + 3, &more, 4);
    }
}

// Sixteen bytes of two rows: sums of low and of high parts for the first eight, and the others.
struct Sums {
    __m256i lows[2] = {_mm256_set1_epi32(kHalf), _mm256_set1_epi32(kHalf)};
    __m256i highs[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};

    void add(__m128i one, __m128i two, __m256i low_pair, __m256i high_pair) {
        const __m256i words[2] = {_mm256_cvtepu8_epi16(_mm_unpacklo_epi8(one, two)),
                                  _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(one, two))};
        for (int half = 0; half < 2; ++half) {
            lows[half] = _mm256_add_epi32(lows[half], _mm256_madd_epi16(words[half], low_pair));
            highs[half] = _mm256_add_epi32(highs[half], _mm256_madd_epi16(words[half], high_pair));
        }
    }

    void store(uint8_t* out) const {
        for (int half = 0; half < 2; ++half, out += 8) {
            const __m256i bytes = rounded(lows[half], highs[half]);
            const int first = _mm256_cvtsi256_si32(bytes);
            const int second = _mm256_extract_epi32(bytes, 4);
            std::memcpy(out, &first, 4);
            std::memcpy(out + 4, &second, 4);
        }
    }
};

__m256i pair_of(int16_t one, int16_t two) {
    const uint32_t low_half = static_cast<uint16_t>(one), high_half = static_cast<uint16_t>(two);
    return _mm256_set1_epi32(static_cast<int32_t>(low_half | high_half << 16));
}

void down(const uint8_t* const* rows, const int32_t* weights, int count, int bytes, uint8_t* out) {
    for (int begin = 0; begin < bytes; begin += kStep) {
        // The last ones are done twice rather than what lies behind them.
        const int at = std::min(begin, bytes - kStep);
        const auto load = [&](int row) {
            return _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows[row] + at));
        };
        Sums sums;
        for (int i = 0; i < count; i += 2) {
            const int other = std::min(i + 1, count - 1);
            const int32_t one = weights[i], two = i + 1 < count ? weights[i + 1] : 0;
            sums.add(load(i), load(other), pair_of(low(one), low(two)),
                     pair_of(high(one), high(two)));
        }
        sums.store(out + at);
    }
}

}  // namespace

const Resampling kAvx2Resampling = {4, kStep, pack, across, down};

}  // namespace mnv2
