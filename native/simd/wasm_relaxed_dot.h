// Relaxed SIMD's dot product of weights and pixels, or what a test has in its place: no machine has
// more than one form of it.
#pragma once

#include <wasm_simd128.h>

#ifndef MNV2_RELAXED_DOT
#define MNV2_RELAXED_DOT wasm_i32x4_relaxed_dot_i8x16_i7x16_add
#endif
