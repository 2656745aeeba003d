// A layer of random numbers, packed for whichever set of kernels is to be tried.
#pragma once

#include <cmath>
#include <random>

#include "lift.h"

namespace mnv2 {

inline std::mt19937 random_bits;

inline int number(int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random_bits);
}
inline float real(float low, float high) {
    return std::uniform_real_distribution<float>(low, high)(random_bits);
}
inline bool chance(int percent) { return number(0, 99) < percent; }
inline int padded(int channels) { return (channels + 7) / 8 * 8; }

// What a layer consists of before packing; the same for all instruction sets.
struct RandomLayer {
    bool integer;
    int out, k;
    bool is_signed, symmetric, shortcut;
    std::vector<uint8_t> bytes;
    std::vector<float> reals, multipliers;
    std::vector<int32_t> zero_points, bias;
    Clamp clamp;
    int zero_point;

    RandomLayer(bool integer, int out, int k, bool shortcut = false)
        : integer(integer), out(out), k(k), is_signed(chance(50)), symmetric(is_signed && chance(60)),
          shortcut(shortcut), zero_point(chance(30) ? 0 : number(0, 255)) {
        const bool extreme = chance(20);
        // Now and then far beyond what fits into 16 bits.
        const float spread = (chance(10) ? 5.0f : 0.01f) / std::sqrt(static_cast<float>(k));
        for (int i = 0; i < out * k; ++i) {
            bytes.push_back(static_cast<uint8_t>(extreme ? 255 * number(0, 1) : number(0, 255)));
            reals.push_back(real(-1, 1));
        }
        for (int n = 0; n < out; ++n) {
            const int low = is_signed ? -128 : 0;
            const int any = extreme ? low + 255 * number(0, 1) : number(low, low + 255);
            zero_points.push_back(symmetric ? 0 : any);
            // A dead channel's bias is beyond what products reach, above or below; quantizing makes
            // some of 30 bits, whose outputs are all the same.
            const bool dead = chance(5), constant = chance(3);
            const int far = dead ? (chance(50) ? 3 << 22 : -(1 << 28)) : number(-20000, 20000);
            bias.push_back(constant ? (chance(80) ? 1 : -1) * (1 << 30) : far);
            const float size = constant ? 1e-7f : dead ? 1e-5f : spread;
            multipliers.push_back(size * real(0.2f, 2));
        }
        if (integer) {
            const int low = number(0, 100);
            clamp = chance(50) ? Clamp{static_cast<float>(low), static_cast<float>(low + 150)}
                               : Clamp{0, 255};
        } else {
            clamp = chance(50) ? Clamp{0, 6} : Clamp{-INFINITY, INFINITY};
        }
    }

    // Segments of `length` natural numbers each begin at the given offsets.
    Packed packed(const Kernels& kernels, bool depthwise, int length,
                  const std::vector<int32_t>& offsets, std::vector<char>& block) const {
        Packed p;
        p.out = out;
        p.padded = padded(out);
        p.segments = offsets;
        const int group = depthwise ? 1 : kernels.k_group;
        p.segment_length = (length + group - 1) / group * group;
        p.clamp = clamp;
        p.zero_point = zero_point;
        p.narrow = integer && symmetric;
        p.liftable = !shortcut;
        const size_t channels = round_up(static_cast<size_t>(p.padded), 64);
        p.bias = Buffer(4 * channels);
        p.bias.zero();
        p.multipliers = Buffer(4 * channels);
        p.multipliers.zero();
        p.lifted = Buffer(4 * channels);
        p.lifted.zero();
        for (int n = 0; n < out; ++n) {
            const auto at = static_cast<size_t>(n);
            if (integer)
                p.bias.as<int32_t>()[n] = bias[at];
            else
                p.bias.as<float>()[n] = static_cast<float>(bias[at]) / 20000;
            p.multipliers.as<float>()[n] = multipliers[at];
        }
        std::vector<int32_t> rows;
        for (int segment = 0; segment < static_cast<int>(offsets.size()); ++segment)
            for (int i = 0; i < p.segment_length; ++i)
                rows.push_back(i < length ? segment * length + i : -1);
        NaturalWeights natural{out, k, rows.data(), reals.data(), bytes.data(), is_signed,
                               zero_points.data()};
        for (int n = 0; n < out && integer; ++n) {
            int reach = 0;
            for (int row = 0; row < static_cast<int>(rows.size()); ++row)
                reach += 255 * std::abs(natural.integer(n, row));
            const int middle = bias[static_cast<size_t>(n)];
            plan_lift(p, n, middle - reach, middle + reach);
        }
        block.assign((depthwise ? kernels.depthwise_bytes : kernels.dense_bytes)(p) + 2 * kSlack, 0);
        const auto address = reinterpret_cast<uintptr_t>(block.data());
        p.weights = block.data() + (round_up(address, kAlignment) - address);
        (depthwise ? kernels.pack_depthwise : kernels.pack_dense)(natural, p);
        return p;
    }
};

}  // namespace mnv2
