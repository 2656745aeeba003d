// What an instruction set has to provide: the kernels for floats, and those for integers.
//
// Everything an inverted residual spends its time in is one of two things: a matrix product
// (expand, project, and any convolution once its windows are gathered) and a 3x3 depthwise
// convolution. "Arena" elements are what maps consist of between steps (float or uint8); "wide"
// elements are what a family multiplies (float; int16 where products are made in pairs; uint8
// where the machine has four-way dot products).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "buffer.h"
#include "program.h"

namespace mnv2 {

// A convolution's weights before packing. A kernel sums over segments of neighboring numbers: one
// for a 1x1 convolution, one a kernel row where windows are dense, one a tap where they are dilated.
struct NaturalWeights {
    int out = 0, k = 0;
    const int32_t* rows = nullptr;   // [packed k]: the natural row of each packed one, or -1
    const float* real = nullptr;     // float programs: [out][k]
    const uint8_t* bytes = nullptr;  // integer programs: [out][k], int8 or uint8
    bool is_signed = true;
    const int32_t* zero_points = nullptr;  // [out]

    float at(int channel, int packed_row) const {
        const int row = rows[packed_row];
        return row < 0 ? 0 : real[static_cast<size_t>(channel) * static_cast<size_t>(k) +
                                  static_cast<size_t>(row)];
    }

    int integer(int channel, int packed_row) const {
        const int row = rows[packed_row];
        if (row < 0) return 0;
        const uint8_t byte = bytes[static_cast<size_t>(channel) * static_cast<size_t>(k) +
                                   static_cast<size_t>(row)];
        return (is_signed ? static_cast<int8_t>(byte) : byte) - zero_points[channel];
    }
};

// What is left of weights that do not fit a kernel's numbers: more to be summed up, for just those
// numbers of a window. Empty where all weights fit.
struct Rest {
    std::vector<int8_t> weights;
    std::vector<int32_t> offsets;  // of each group of numbers, from a window's first one
    std::vector<int32_t> ends;     // per part of the channels, as the kernel cuts them
};

// Weights in the order in which a kernel reads them, and all that turns sums into outputs.
struct Packed {
    int out = 0;
    int padded = 0;          // channels that are written: `out` rounded up to a multiple of 8
    int segment_length = 0;  // a multiple of the family's `k_group`
    bool narrow = false;     // every weight is an int8, its zero point included
    bool liftable = true;    // no shortcut follows, and all channels' sums are where lift.h wants them
    std::vector<int32_t> segments;  // offset of each in wide elements, from a window's first one
    char* weights = nullptr;  // in the network's one block, in order of execution
    Buffer bias;         // float or int32 [padded to 64]; zero points are folded in
    Buffer multipliers;  // float [padded to 64], integers only
    Buffer lifted;       // float [padded to 64], integers only: see lift.h
    Rest rest;
    Clamp clamp;
    int zero_point = 0;

    template <class T>
    T* weights_as() const {
        return reinterpret_cast<T*>(weights);
    }

    int k() const { return static_cast<int>(segments.size()) * segment_length; }
};

// c[m][n0 .. n0 + n) = clamp(sum over segments of a[m][offset .. offset + length) * weights + bias)
// [+ residual]
struct Gemm {
    const Packed* weights = nullptr;
    int n0 = 0, n = 0;  // multiples of 8; n0 begins a panel (a multiple of 48)
    int m = 0;
    const void* a = nullptr;  // wide elements
    ptrdiff_t a_stride = 0;   // elements from pixel to pixel, here and below
    void* c = nullptr;        // wide or arena elements, channel n0 of pixel 0
    bool wide_c = false;
    ptrdiff_t c_stride = 0;
    int row = 0;              // so many pixels, of which m is a multiple, have outputs in a row
    ptrdiff_t row_stride = 0;
    const void* residual = nullptr;  // arena elements, channel n0 of pixel 0, or null
    ptrdiff_t residual_stride = 0;
    const Sum* sum = nullptr;  // with a residual, integers only
    // What another step will read, to be fetched meanwhile by kernels that may; or null.
    const char* later = nullptr;
    size_t later_bytes = 0;
};

// A 3x3 depthwise convolution of `rows` output rows of wide elements.
struct Depthwise {
    const Packed* weights = nullptr;
    int n0 = 0, n = 0;  // channels of the weights; taps and output begin at channel n0
    int rows = 0, width = 0;
    const void* const* taps = nullptr;  // [rows][3]: the leftmost tap of each of three input rows
    ptrdiff_t x_stride = 0;             // from one output's window to the next
    ptrdiff_t tap_stride = 0;           // from tap to tap
    void* out = nullptr;
    bool wide_out = true;
    ptrdiff_t out_stride = 0, out_row_stride = 0;
};

struct Kernels {
    const char* name;
    size_t wide_bytes;
    int k_group;  // how many numbers one multiplication sums up
    // Bytes of packed weights, then the packing itself, into zeroed memory at `Packed::weights`.
    size_t (*dense_bytes)(const Packed&);
    size_t (*depthwise_bytes)(const Packed&);
    void (*pack_dense)(const NaturalWeights&, Packed&);
    void (*pack_depthwise)(const NaturalWeights&, Packed&);
    void (*gemm)(const Gemm&);
    void (*depthwise)(const Depthwise&);
    // Nothing but multiply-adds in registers, `rounds` times: the most that this machine could do.
    // Returns how many they were. Null for the plain kernels, which have no such limit.
    int64_t (*peak)(int64_t rounds);
    // What a thread has to call before its first product, and after its last one; or null.
    void (*begin)() = nullptr;
    void (*end)() = nullptr;
};

// Kernels that a thread may use while this lives.
class Begun {
  public:
    explicit Begun(const Kernels& kernels) : end_(kernels.end) {
        if (kernels.begin) kernels.begin();
    }
    ~Begun() {
        if (end_) end_();
    }
    Begun(const Begun&) = delete;
    Begun& operator=(const Begun&) = delete;

  private:
    void (*const end_)();
};

// Compilers whose assemblers know AVX-VNNI; others build the engine without it.
#if defined(__clang__) ? __clang_major__ >= 13 : __GNUC__ >= 11
#define MNV2_KNOWS_AVX_VNNI 1
#endif

// The same for AMX, which is to be asked for first: on Linux alone, so far.
#if MNV2_EMULATED || (MNV2_KNOWS_AVX_VNNI && defined(__x86_64__) && defined(__linux__))
#define MNV2_KNOWS_AMX 1
#endif

// Each lives in a file of its own, compiled for its instruction set.
extern const Kernels kScalarFloat, kScalarInteger;
extern const Kernels kAvx2Float, kAvx2Integer;
extern const Kernels kAvx512Float, kVnniInteger, kAvxVnniInteger, kAmxInteger;
extern const Kernels kNeonFloat, kNeonInteger, kNeonDotInteger, kNeonI8mmInteger;
extern const Kernels kWasmFloat, kWasmPairsInteger, kWasmDotInteger, kWasmSignedDotInteger;

}  // namespace mnv2
