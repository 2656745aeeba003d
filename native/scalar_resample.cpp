// Resampling in plain C++: what other kernels are tested against.

#include <algorithm>

#include "resample.h"

namespace mnv2 {
namespace {

uint8_t rounded(int32_t sum) {
    return static_cast<uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

void across(const uint8_t* row, const Taps& taps, uint8_t* out) {
    const int32_t* weights = taps.weights.data();
    for (int x = 0; x < taps.places(); ++x, weights += taps.taps, out += 3) {
        const uint8_t* from = row + 4 * static_cast<ptrdiff_t>(taps.first[static_cast<size_t>(x)]);
        int32_t sums[4] = {kHalf, kHalf, kHalf, kHalf};
        for (int tap = 0; tap < taps.taps; ++tap, from += 4)
            for (int color = 0; color < 4; ++color) sums[color] += from[color] * weights[tap];
        for (int color = 0; color < 3; ++color) out[color] = rounded(sums[color]);
    }
}

// A block of bytes, so many that a compiler has them in registers.
template <int kBlock>
void down_block(const uint8_t* const* rows, const int32_t* weights, int count, int at,
                uint8_t* out) {
    int32_t sums[kBlock];
    std::fill_n(sums, kBlock, kHalf);
    for (int i = 0; i < count; ++i)
        for (int byte = 0; byte < kBlock; ++byte) sums[byte] += rows[i][at + byte] * weights[i];
    for (int byte = 0; byte < kBlock; ++byte) out[at + byte] = rounded(sums[byte]);
}

void down(const uint8_t* const* rows, const int32_t* weights, int count, int bytes, uint8_t* out) {
    int at = 0;
    for (; at + 32 <= bytes; at += 32) down_block<32>(rows, weights, count, at, out);
    for (; at < bytes; ++at) down_block<1>(rows, weights, count, at, out);
}

}  // namespace

const Resampling kScalarResampling = {1, 1, nullptr, across, down};

}  // namespace mnv2
