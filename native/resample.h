// A picture brought to another size, to the bits of Pillow's `resize` with its antialiasing: across
// and down, one after the other, with weights of 22 bits, and rounded to bytes in between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mnv2 {

enum class Filter { kBilinear, kBicubic };

constexpr int kWeightBits = 22;
constexpr int32_t kHalf = 1 << (kWeightBits - 1);

// What of one side each place of the new side is made of: `taps` neighbors from `first` on, or, read
// one by one, `count` of them; the weights of what lies behind those are 0.
struct Taps {
    int taps = 0;
    std::vector<int32_t> first, count;
    std::vector<int32_t> weights;  // [places][taps]
    std::vector<int16_t> packed;   // as `Resampling::pack` wants them

    int places() const { return static_cast<int>(first.size()); }
};

// A picture of `from` to `to` on a side of `size` pixels, at `places` places. With `group`, `taps`
// is a multiple of it wherever the side has as many pixels.
Taps make_taps(Filter filter, int size, float from, float to, int places, int group);

// What an instruction set has to provide; what its kernels do not take goes the plain way.
struct Resampling {
    int group;       // of neighbors that `across` takes at once
    int least_down;  // bytes of a row that `down` wants
    void (*pack)(Taps&);
    // A row of pixels of four bytes -> one of three bytes; writes up to `kRowSlack` bytes more.
    void (*across)(const uint8_t* row, const Taps&, uint8_t* out);
    // `count` rows -> one.
    void (*down)(const uint8_t* const* rows, const int32_t* weights, int count, int bytes,
                 uint8_t* out);
};

constexpr size_t kRowSlack = 8;

// `pixels` [height][width][4], of which `box` (left, top, right, bottom) becomes
// `out` [out_height][out_width][3].
struct Resample {
    Filter filter = Filter::kBilinear;
    bool down_first = false;
    const uint8_t* pixels = nullptr;
    int width = 0, height = 0;
    const float* box = nullptr;
    uint8_t* out = nullptr;
    int out_width = 0, out_height = 0;
};

void resample(const Resampling&, const Resample&);

extern const Resampling kScalarResampling, kAvx2Resampling;

}  // namespace mnv2
