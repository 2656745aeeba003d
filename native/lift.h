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
#pragma once

#include "kernels.h"

namespace mnv2 {

constexpr int32_t kLift = 0x4b000000;
constexpr float kLifted = 8388608;  // the float of these bits, 2^23

inline bool can_be_lifted(const Packed& packed) {
    return packed.zero_point == 0 && packed.clamp.low == 0 &&
           packed.largest < static_cast<int64_t>(kLifted);
}

// Lets all sums of a layer begin there: the last thing that packing does to its biases.
inline void lift(Packed& packed) {
    auto* bias = packed.bias.as<int32_t>();
    for (size_t i = 0; i < packed.bias.bytes() / sizeof *bias; ++i) bias[i] += kLift;
}

}  // namespace mnv2
