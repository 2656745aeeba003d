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
// leads away from. Its sums are such floats by themselves, with nothing to be taken off.
#pragma once

#include "kernels.h"

namespace mnv2 {

constexpr int32_t kLift = 0x4b000000;
constexpr int32_t kLifted = 1 << 23;  // the float of these bits

inline bool can_be_lifted(const Packed& packed) {
    return packed.zero_point == 0 && packed.clamp.low == 0 && packed.liftable;
}

// What is taken off a channel's scaled sums, which lie in low .. high.
inline void plan_lift(Packed& packed, int channel, int64_t low, int64_t high) {
    const bool alone = low >= kLifted;
    packed.liftable &= low > -(1 << 30) && high < (alone ? 2 : 1) * int64_t{kLifted};
    packed.lifted.as<float>()[channel] =
        alone ? 0 : kLifted * packed.multipliers.as<float>()[channel];
}

// Lets all sums of a layer begin there. Where nothing is taken off, what is scaled is a float of its
// own, or whatever it is times 0.
inline void lift(Packed& packed) {
    auto* bias = packed.bias.as<int32_t>();
    for (size_t i = 0; i < packed.bias.bytes() / sizeof *bias; ++i)
        bias[i] += packed.lifted.as<float>()[i] == 0 ? kLift - kLifted : kLift;
}

}  // namespace mnv2
