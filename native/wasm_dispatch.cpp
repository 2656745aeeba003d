// Which kernels a WebAssembly module runs: what it was built for is there, or it would not have
// loaded; what relaxed SIMD leaves to the machine is tried.

#include "simd/wasm_relaxed_dot.h"

#include <array>
#include <cstdint>

#include "dispatch.h"

namespace mnv2 {
namespace {

#if defined(__wasm_relaxed_simd__)

enum class Dot { kUnsigned, kSigned, kOther };

// What the dot product makes of a byte whose first bit is set, in exact numbers: sums of two products
// that no 16 bits hold, both signs of weights, and one that overflows where 64 of them are added.
Dot try_dot() {
    constexpr int kCases = 6;
    // Volatile, or the compiler would say what it would do itself.
    static volatile int8_t weights[kCases][16];
    static volatile uint8_t pixels[kCases][16];
    constexpr std::array<std::array<int, 4>, kCases> kNumbers = {{
        {127, 127, 255, 255}, {-128, -128, 255, 255}, {-128, 127, 255, 254},
        {-127, -128, 128, 255}, {1, -1, 200, 127}, {-128, -128, 128, 128},
    }};
    bool is_unsigned = true, is_signed = true;
    for (size_t at = 0; at < kCases; ++at) {
        const auto& [first, second, one, other] = kNumbers[at];
        for (size_t i = 0; i < 16; ++i) {
            weights[at][i] = static_cast<int8_t>(i % 2 ? second : first);
            pixels[at][i] = static_cast<uint8_t>(i % 2 ? other : one);
        }
        const v128_t sums = MNV2_RELAXED_DOT(
            wasm_v128_load(const_cast<int8_t*>(weights[at])),
            wasm_v128_load(const_cast<uint8_t*>(pixels[at])), wasm_i32x4_splat(-7));
        int32_t found[4];
        wasm_v128_store(found, sums);
        const int plain = 2 * (first * one + second * other) - 7;
        const int flipped = 2 * (first * static_cast<int8_t>(one) +
                                 second * static_cast<int8_t>(other)) - 7;
        for (const int32_t sum : found) {
            is_unsigned &= sum == plain;
            is_signed &= sum == flipped;
        }
    }
    return is_unsigned ? Dot::kUnsigned : is_signed ? Dot::kSigned : Dot::kOther;
}

#endif

struct List {
    Isa sets[4];

    List() {
        Isa* next = sets;
#if defined(__wasm_relaxed_simd__)
        const Dot dot = try_dot();
        if (dot == Dot::kUnsigned) *next++ = {"relaxed", &kWasmFloat, &kWasmDotInteger};
        if (dot == Dot::kSigned) *next++ = {"relaxed-arm", &kWasmFloat, &kWasmSignedDotInteger};
#endif
        *next++ = {"simd128", &kWasmFloat, &kWasmPairsInteger};
#if MNV2_PLAIN  // a test's build, which compares with them
        *next++ = {"scalar", &kScalarFloat, &kScalarInteger};
#endif
        *next = {};
    }
};

const List list;

}  // namespace

const Isa* isas() { return list.sets; }

const char* isa_names() { return list.sets[0].name; }

}  // namespace mnv2
