// Relaxed SIMD's dot product as machines have it that are not here. Whoever starts the program chooses:
// 0, pixels are unsigned, as on x86 with VNNI, which node does not use; 1, signed, as on ARM; 2,
// unsigned, with sums of two products cut off at 16 bits, as on x86 without VNNI.
#pragma once

#include <wasm_simd128.h>

#include <algorithm>
#include <cstdint>

inline volatile int dot_of_machine = 0;

extern "C" __attribute__((export_name("choose"))) inline __attribute__((used)) void choose(int dot) {
    dot_of_machine = dot;
}

inline v128_t emulated_dot(v128_t weights, v128_t pixels, v128_t sums) {
    int8_t w[16];
    uint8_t p[16];
    int32_t s[4];
    wasm_v128_store(w, weights);
    wasm_v128_store(p, pixels);
    wasm_v128_store(s, sums);
    const int dot = dot_of_machine;
    for (int i = 0; i < 16; i += 2) {
        const auto product = [&](int at) {
            return w[at] * (dot == 1 ? static_cast<int8_t>(p[at]) : p[at]);
        };
        const int both = product(i) + product(i + 1);
        s[i / 4] += dot == 2 ? std::clamp(both, -32768, 32767) : both;
    }
    return wasm_v128_load(s);
}

#define MNV2_RELAXED_DOT emulated_dot
