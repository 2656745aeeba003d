// What the bytes of a picture are to a network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "program.h"

namespace mnv2 {

// For each color and each of its 256 values a number. Preparing a picture is nearly always a
// product and a sum, and then quicker than a look-up; the table has the last word: a line is used
// where it gives the very bits of all 768 numbers.
class PixelTable {
  public:
    PixelTable() = default;

    // Of a network of floats; `values` are [3][256].
    explicit PixelTable(const float* values);

    // Of a network of integers: each number becomes the input's byte.
    PixelTable(const float* values, const Tensor& input);

    // [pixels][3] bytes to as many floats.
    void look_up(const uint8_t* from, size_t pixels, float* to) const;

    // Whether bytes of a picture are a network's bytes as they are, as public integer files have it.
    bool same_bytes() const;

    // [pixels][3] bytes to [pixels][pitch] bytes.
    void look_up(const uint8_t* from, size_t pixels, uint8_t* to, size_t pitch) const;

  private:
    static constexpr int kValues = 3 * 256;
    static constexpr int kBlock = 48;  // whole pixels and whole vectors

    bool find_line(int color);

    std::vector<float> values_;
    std::vector<uint8_t> bytes_;
    bool straight_ = false;
    float factors_[kBlock] = {}, offsets_[kBlock] = {};
};

}  // namespace mnv2
