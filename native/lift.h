// Sums that are floats as they stand.
//
// A sum that begins at the bits of the float 2^23 is, read as a float, 2^23 + sum, as long as that
// lies between 2^23 and 2^24: there a float's last place counts ones. No conversion is needed, and
// one fma takes the 2^23 off again while it scales,
//
//     (2^23 + sum) * multiplier - 2^23 * multiplier,
//
// rounded once, as the product of sum and multiplier would be: the second term is exact. Below 2^23
// the last place counts halves. A sum below zero then comes out with the right sign and half its
// size, which is all the same where nothing below zero is kept: behind a ReLU6 whose zero is 0.
//
// A dead channel, whose weights are next to nothing, may have a bias beyond 2^23 that no product
// leads away from. Its sums are such floats by themselves, with nothing to be taken off. Quantizing
// makes channels whose bias is beyond even that: where all of a channel's sums become one and the
// same output, they are multiplied by 0, and that output is "taken off" with its sign turned.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels.h"

namespace mnv2 {

constexpr int32_t kLift = 0x4b000000;
constexpr int32_t kLifted = 1 << 23;  // the float of these bits

inline bool can_be_lifted(const Packed& packed) {
    return packed.zero_point == 0 && packed.clamp.low == 0 && packed.liftable;
}

// What a sum becomes behind a ReLU6 whose zero is 0.
inline float output_of(const Packed& packed, int channel, int64_t sum) {
    const float scaled = static_cast<float>(sum) * packed.multipliers.as<float>()[channel];
    return std::min(std::max(std::nearbyint(scaled), 0.0f), packed.clamp.high);
}

// What is taken off a channel's scaled sums, which lie in low .. high. A sign says that they are all
// one output.
inline void plan_lift(Packed& packed, int channel, int64_t low, int64_t high) {
    float& lifted = packed.lifted.as<float>()[channel];
    const bool alone = low >= kLifted;
    if (low > -(1 << 30) && high < (alone ? 2 : 1) * int64_t{kLifted}) {
        lifted = alone ? 0 : kLifted * packed.multipliers.as<float>()[channel];
        return;
    }
    const float output = output_of(packed, channel, low);
    // Sums that begin at kLift and lead no further away than this are finite floats.
    packed.liftable &= output == output_of(packed, channel, high) && high - low < (1 << 29);
    lifted = -output;
}

// Lets all sums of a layer begin there. Where nothing is taken off, what is scaled is a float of its
// own, or whatever it is times 0.
inline void lift(Packed& packed) {
    auto* bias = packed.bias.as<int32_t>();
    for (size_t i = 0; i < packed.bias.bytes() / sizeof *bias; ++i) {
        const float lifted = packed.lifted.as<float>()[i];
        if (std::signbit(lifted)) {
            bias[i] = kLift;
            packed.multipliers.as<float>()[i] = 0;
        } else {
            bias[i] += lifted == 0 ? kLift - kLifted : kLift;
        }
    }
}

}  // namespace mnv2
