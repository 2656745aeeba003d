// A program's words, taken one by one: no access is ever out of range, and no number out of its own.
#pragma once

#include <bit>
#include <cmath>
#include <string>

#include "program.h"

namespace mnv2 {

// A real number for a sentence, to a millionth. The C library's printf, which std::to_string calls,
// would be a sixth of what a browser has to fetch.
inline std::string written(double value) {
    constexpr double kLargest = 1e12;
    if (std::isnan(value)) return "no number";
    const std::string sign = value < 0 ? "-" : "";
    const double size = std::abs(value);
    if (!(size < kLargest)) return sign + "1e12 or more";
    const auto millionths = static_cast<int64_t>(size * 1e6 + 0.5);
    const std::string fraction = std::to_string(1000000 + millionths % 1000000);
    return sign + std::to_string(millionths / 1000000) + "." + fraction.substr(1);
}

inline void require(bool condition, const std::string& rule, int64_t got) {
    if (!condition) throw ProgramError(rule + ", got " + std::to_string(got));
}

class Words {
  public:
    Words(const int64_t* words, size_t count) : words_(words), count_(count) {}

    int64_t any() {
        if (at_ == count_) throw ProgramError("the program ends in the middle of a record");
        return words_[at_++];
    }

    int number(const char* what, int64_t low, int64_t high) {
        const int64_t value = any();
        if (value < low || value > high)
            throw ProgramError(std::string(what) + " must be " + std::to_string(low) + ".." +
                               std::to_string(high) + ", got " + std::to_string(value));
        return static_cast<int>(value);
    }

    size_t bytes(const char* what, int64_t limit) {
        const int64_t value = any();
        // Where addresses have 32 bits, what does not fit into one is not cut down to what does.
        const bool fits = value >= 0 && static_cast<uint64_t>(value) <= SIZE_MAX;
        require(fits && value <= limit, std::string(what) + " is out of range", value);
        return static_cast<size_t>(value);
    }

    float real(const char* what) {
        const auto bits = static_cast<uint64_t>(any());
        if (bits >> 32) throw ProgramError(std::string(what) + " must be the bits of a float32");
        const float value = std::bit_cast<float>(static_cast<uint32_t>(bits));
        if (std::isnan(value)) throw ProgramError(std::string(what) + " must be a number");
        return value;
    }

    // What one is divided by another, or multiplied with a byte, stays a finite number.
    float factor(const char* what) {
        const float value = real(what);
        if (!(value >= 1e-30f) || value > 1e6f)
            throw ProgramError(std::string(what) + " must lie between 1e-30 and 1e6, got " +
                               written(value));
        return value;
    }

    bool flag(const char* what) { return number(what, 0, 1) == 1; }

    bool finished() const { return at_ == count_; }

  private:
    const int64_t* words_;
    size_t count_;
    size_t at_ = 0;
};

}  // namespace mnv2
