// A row's colors changed eight pixels at a time.
#pragma once

#include "recolor.h"

namespace mnv2 {

void recolor_with_avx2(const uint8_t* row, size_t pixels, const ColorMatrix&, bool mirrored,
                       uint8_t* out);

}  // namespace mnv2
