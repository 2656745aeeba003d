// The records of a program that stand by themselves: tensors, layers, sums. Each is checked against
// the arena and the weights as it is read; how they fit together is for `program.cpp`.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "weights.h"
#include "words.h"

namespace mnv2 {

class Records {
  public:
    Records(const int64_t* words, size_t count, const Weights& weights)
        : words(words, count), weights_(weights) {}

    Words words;

    void set_memory(Arithmetic arithmetic, size_t arena_bytes) {
        arithmetic_ = arithmetic;
        arena_bytes_ = arena_bytes;
    }

    // Numbers in the weights. Sizes are multiplied in 64 bits, here and below: addresses may have
    // 32, where 2^34 bytes would be none.
    void array(size_t offset, uint64_t count, const char* what, size_t element = 4) const {
        if (offset % 4) throw ProgramError(std::string(what) + " must lie on a multiple of 4");
        const bool fits = count <= std::min(uint64_t{kMaxBytes}, uint64_t{SIZE_MAX}) / element;
        const uint8_t* data =
            fits ? weights_.find(offset, static_cast<size_t>(count) * element) : nullptr;
        if (!data)
            throw ProgramError(std::string(what) + " lies outside the weights: " +
                               std::to_string(count) + " values at byte " +
                               std::to_string(offset) + " of " + std::to_string(weights_.end()));
        if (reinterpret_cast<uintptr_t>(data) % element)
            throw ProgramError(std::string(what) + " must lie on a multiple of its size in memory");
    }

    Tensor tensor() {
        Tensor t;
        t.height = words.number("height", 1, kMaxSide);
        t.width = words.number("width", 1, kMaxSide);
        t.channels = words.number("channels", 1, kMaxChannels);
        t.pitch = words.number("pitch", t.channels, t.channels + kPitchMultiple - 1);
        require(int64_t{t.width} * t.pitch <= kMaxRow, "a row must not exceed 2^30 numbers",
                int64_t{t.width} * t.pitch);
        t.offset = words.bytes("a tensor's offset", kMaxArena);
        t.zero_point = zero_point();
        t.scale = words.factor("scale");
        const uint64_t bytes =
            uint64_t{t.pixels()} * static_cast<uint64_t>(t.pitch) * (integer() ? 1 : 4);
        if (t.offset % 64 || bytes > arena_bytes_ || t.offset > arena_bytes_ - bytes)
            throw ProgramError("a tensor of " + std::to_string(bytes) + " bytes at " +
                               std::to_string(t.offset) + " must lie in the arena of " +
                               std::to_string(arena_bytes_) + ", on a multiple of 64");
        return t;
    }

    Layer layer(bool depthwise) {
        Layer l;
        l.in = words.number("in", 1, kMaxChannels);
        l.out = words.number("out", 1, kMaxChannels);
        l.kernel_height = words.number("kernel height", 1, 1024);
        l.kernel_width = words.number("kernel width", 1, 1024);
        l.stride = words.number("stride", 1, 1024);
        l.dilation = words.number("dilation", 1, 1024);
        l.pad_top = words.number("pad", 0, kMaxSide);
        l.pad_left = words.number("pad", 0, kMaxSide);
        l.clamp = clamp();
        l.out_zero_point = zero_point();
        l.in_zero_point = zero_point();
        l.weight = words.bytes("weight", kMaxBytes);
        l.bias = words.bytes("bias", kMaxBytes);
        l.multiplier = words.bytes("multiplier", kMaxBytes);
        l.weight_zero_point = words.bytes("weight zero point", kMaxBytes);
        l.weight_signed = words.flag("weight signed");
        if (depthwise) require(l.in == l.out, "a depthwise layer keeps its channels", l.out);
        numbers_of(l, depthwise);
        return l;
    }

    Sum sum() {
        Sum s;
        s.first = words.number("factor", 0, kMaxFactor);
        s.second = words.number("factor", 0, kMaxFactor);
        s.shift = words.number("shift", 1, kMaxShift);
        s.first_zero_point = zero_point();
        s.second_zero_point = zero_point();
        s.out_zero_point = zero_point();
        s.clamp = clamp();
        return s;
    }

    int zero_point() { return words.number("zero point", 0, 255); }

  private:
    bool integer() const { return arithmetic_ == Arithmetic::kInteger; }

    Clamp clamp() {
        Clamp c;
        c.low = words.real("clamp");
        c.high = words.real("clamp");
        if (!(c.low <= c.high)) throw ProgramError("a clamp's low end must not exceed its high");
        if (integer() && (c.low < 0 || c.high > 255 || c.low != std::floor(c.low) ||
                          c.high != std::floor(c.high)))
            throw ProgramError("an integer clamp must be bytes, got " + written(c.low) +
                               " and " + written(c.high));
        return c;
    }

    // All numbers of a layer are there, and packed they do not take too much memory.
    void numbers_of(const Layer& l, bool depthwise) {
        const auto out = static_cast<uint64_t>(l.out), in = static_cast<uint64_t>(l.in);
        const uint64_t taps =
            static_cast<uint64_t>(l.kernel_height) * static_cast<uint64_t>(l.kernel_width);
        const uint64_t each = taps * (depthwise ? 1 : in);
        require(each <= uint64_t{1} << 26, "a kernel must not exceed 2^26 numbers",
                static_cast<int64_t>(each));
        array(l.weight, each * out, "a weight", integer() ? 1 : 4);
        array(l.bias, out, "a bias");
        if (integer()) {
            array(l.multiplier, out, "a multiplier");
            array(l.weight_zero_point, out, "a weight's zero point");
        }
        const uint64_t padding = kPitchMultiple - 1;
        packed_bytes_ += static_cast<int64_t>(taps * (depthwise ? 1 : in + padding) *
                                              (out + padding) * (integer() ? 2 : 4));
        require(packed_bytes_ <= kMaxPacked, "packed weights must not exceed 512 MiB",
                packed_bytes_);
    }

    Arithmetic arithmetic_{};
    size_t arena_bytes_ = 0;
    const Weights& weights_;
    int64_t packed_bytes_ = 0;  // of all layers so far, about
};

}  // namespace mnv2
