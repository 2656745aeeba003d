#include "pixels.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "float_mode.h"

namespace mnv2 {

PixelTable::PixelTable(const float* values) : values_(values, values + kValues) {
    const FloatMode mode;
    straight_ = find_line(0) && find_line(1) && find_line(2);
}

PixelTable::PixelTable(const float* values, const Tensor& input) {
    const float zero = static_cast<float>(input.zero_point);
    bytes_.reserve(kValues);
    for (int i = 0; i < kValues; ++i)
        bytes_.push_back(static_cast<uint8_t>(  // NaN: 0
            std::min(std::max(0.0f, std::nearbyint(values[i] / input.scale) + zero), 255.0f)));
}

// The factor is known but for the rounding of its ends: it is one of a few neighbors.
bool PixelTable::find_line(int color) {
    const float* values = values_.data() + 256 * color;
    const float offset = values[0], about = (values[255] - offset) / 255;
    float factor = about;
    const auto fits = [&] {
        for (int v = 0; v < 256; ++v) {
            const float value = static_cast<float>(v) * factor + offset;
            if (std::memcmp(&value, values + v, sizeof value) != 0) return false;
        }
        return true;
    };
    constexpr int kNeighbors = 8;
    for (int i = 0; i < kNeighbors; ++i) factor = std::nextafter(factor, -HUGE_VALF);
    for (int i = -kNeighbors; i <= kNeighbors; ++i, factor = std::nextafter(factor, HUGE_VALF)) {
        if (!fits()) continue;
        for (int at = color; at < kBlock; at += 3) factors_[at] = factor, offsets_[at] = offset;
        return true;
    }
    return false;
}

void PixelTable::look_up(const uint8_t* __restrict from, size_t pixels,
                         float* __restrict to) const {
    size_t left = 3 * pixels;
    if (straight_)
        for (; left >= kBlock; left -= kBlock, from += kBlock, to += kBlock)
            for (int i = 0; i < kBlock; ++i)
                to[i] = static_cast<float>(from[i]) * factors_[i] + offsets_[i];
    for (; left; left -= 3, from += 3, to += 3)
        for (size_t color = 0; color < 3; ++color) to[color] = values_[256 * color + from[color]];
}

bool PixelTable::same_bytes() const {
    for (size_t i = 0; i < bytes_.size(); ++i)
        if (bytes_[i] != i % 256) return false;
    return !bytes_.empty();
}

void PixelTable::look_up(const uint8_t* from, size_t pixels, uint8_t* to, size_t pitch) const {
    for (size_t pixel = 0; pixel < pixels; ++pixel, from += 3, to += pitch)
        for (size_t color = 0; color < 3; ++color) to[color] = bytes_[256 * color + from[color]];
}

}  // namespace mnv2
