// Relaxed SIMD's dot product as a machine has it that is not here: MNV2_PIXELS_SIGNED, as ARM's, or
// not, as x86's with VNNI, which node does not use.
#pragma once

#include <wasm_simd128.h>

#include <cstdint>

inline v128_t emulated_dot(v128_t weights, v128_t pixels, v128_t sums) {
    int8_t w[16];
    uint8_t p[16];
    int32_t s[4];
    wasm_v128_store(w, weights);
    wasm_v128_store(p, pixels);
    wasm_v128_store(s, sums);
    for (int i = 0; i < 16; ++i)
        s[i / 4] += w[i] * (MNV2_PIXELS_SIGNED ? static_cast<int8_t>(p[i]) : p[i]);
    return wasm_v128_load(s);
}

#define MNV2_RELAXED_DOT emulated_dot
