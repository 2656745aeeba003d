// A picture's colors changed, each to a sum of all three, to the bits of Pillow's `convert` with a
// matrix; and the colors of some of its pixels added up, which say how bright it is.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mnv2 {

// [3][4]: of red, green and blue what the new ones are made of, and what is added.
using ColorMatrix = float[12];

// What an instruction set has to provide: `pixels` of three bytes of a row, made anew in reverse
// order if `mirrored`. Rows must not overlap.
using RecolorRow = void (*)(const uint8_t* row, size_t pixels, const ColorMatrix&, bool mirrored,
                            uint8_t* out);

void recolor_plainly(const uint8_t* row, size_t pixels, const ColorMatrix&, bool mirrored,
                     uint8_t* out);

// Sums of red, green and blue over the pixels [height][width][3] that Pillow's `resize` to the
// nearest one would keep of a picture made `every` times smaller; how many they are is returned.
int64_t add_up(const uint8_t* pixels, int width, int height, int every, int64_t sums[3]);

}  // namespace mnv2
