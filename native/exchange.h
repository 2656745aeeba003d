// Real numbers into the engine's maps and out of them.
#pragma once

#include <algorithm>
#include <cstring>

#include "context.h"

namespace mnv2 {

// The nearest integer, halves to even, of a number below 2^22 in size. Compiles to two additions,
// which unlike a call of nearbyint stay vectors.
inline float round_small(float value) {
    constexpr float kMagic = 12582912.0f;  // 1.5 * 2^23: its last bit counts ones
    return (value + kMagic) - kMagic;
}

// Whole pixels of real numbers, without gaps, as the nearest bytes of a map.
inline void quantize(const float* from, size_t pixels, const Tensor& t, uint8_t* to) {
    const float zero = static_cast<float>(t.zero_point), low = -zero, high = 255 - zero;
    const size_t pitch = static_cast<size_t>(t.pitch), channels = static_cast<size_t>(t.channels);
    for (size_t pixel = 0; pixel < pixels; ++pixel, from += channels, to += pitch)
        for (size_t c = 0; c < channels; ++c) {
            const float q =
                round_small(std::min(std::max(low, from[c] / t.scale), high));  // NaN: low
            to[c] = static_cast<uint8_t>(static_cast<int>(q + zero));
        }
}

// Fills a tensor of the arena; channels that only pad it become 0.
inline void copy_in(const Context& context, int index, const float* values) {
    const Tensor& t = context.tensor(index);
    const size_t pitch = static_cast<size_t>(t.pitch), channels = static_cast<size_t>(t.channels);
    void* to = context.target(index);
    std::memset(to, 0, t.pixels() * pitch * context.network.element_bytes());
    if (context.network.integer()) {
        quantize(values, t.pixels(), t, static_cast<uint8_t*>(to));
        return;
    }
    for (size_t pixel = 0; pixel < t.pixels(); ++pixel)
        std::memcpy(static_cast<float*>(to) + pixel * pitch, values + pixel * channels,
                    channels * sizeof(float));
}

// Copies a tensor without its padding channels; integers become real numbers.
inline void copy_out(const Context& context, int index, float* out) {
    const Tensor& t = context.tensor(index);
    const Share share(static_cast<int>(t.pixels()), context.thread, context.threads());
    const size_t channels = static_cast<size_t>(t.channels), pitch = static_cast<size_t>(t.pitch);
    for (size_t pixel = static_cast<size_t>(share.begin); pixel < static_cast<size_t>(share.end);
         ++pixel) {
        float* to = out + pixel * channels;
        if (context.network.integer()) {
            const auto* from = static_cast<const uint8_t*>(context.source(index)) + pixel * pitch;
            for (size_t c = 0; c < channels; ++c)
                to[c] = t.scale * static_cast<float>(from[c] - t.zero_point);
        } else {
            std::memcpy(to, static_cast<const float*>(context.source(index)) + pixel * pitch,
                        channels * sizeof(float));
        }
    }
}

}  // namespace mnv2
