// Float kernels for WebAssembly: vectors of 4 floats, products and sums in one where relaxed SIMD has
// it.

#include <wasm_simd128.h>

#include <type_traits>

#include "kernels.h"

namespace mnv2 {
namespace wasm_float {

constexpr int kWidest = 2;
#if defined(__wasm_relaxed_simd__)
constexpr int kHighest = 6;
#else
constexpr int kHighest = 4;  // a product takes a register before it is added: 5 are no faster
#endif

#include "simd/panels.h"

using Wide = float;
using Weight = float;

inline v128_t multiply_add(v128_t a, v128_t b, v128_t c) {
#if defined(__wasm_relaxed_simd__)
    return wasm_f32x4_relaxed_madd(a, b, c);
#else
    return wasm_f32x4_add(wasm_f32x4_mul(a, b), c);
#endif
}

// The activation. Comparisons and choices are an instruction each where a minimum is four, and in
// this order what is not a number stays one.
struct Bounds {
    const v128_t low, high;

    explicit Bounds(const Packed& packed)
        : low(wasm_f32x4_splat(packed.clamp.low)), high(wasm_f32x4_splat(packed.clamp.high)) {}

    v128_t operator()(v128_t value) const {
        return wasm_f32x4_pmin(wasm_f32x4_pmax(value, low), high);
    }
};

template <class T>
class Ending;
template <int Rows>
void sum_up(const Window& w, const float* a, ptrdiff_t stride, const float* b, int n,
            const Packed& packed, v128_t (&sums)[Rows][2]);

#include "simd/wasm_panels.h"

template <>
class Ending<float> {
  public:
    Ending(const Gemm& g, int) : bounds_(*g.weights) {}

    template <int Rows>
    MNV2_INLINE void write(const Sums<Rows>& sums, const PlaceOf<float>& place) const {
#pragma GCC unroll 6
        for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
            for (int v = 0; v < kVectors; ++v) {
                v128_t sum = bounds_(sums[r][v]);
                if (place.residual)
                    sum = wasm_f32x4_add(
                        sum, wasm_v128_load(place.residual + r * place.residual_stride + 4 * v));
                wasm_v128_store(place.out(r) + 4 * v, sum);
            }
    }

  private:
    const Bounds bounds_;
};

template <int Rows>
MNV2_INLINE void sum_up(const Window& w, const float* a, ptrdiff_t stride, const float* b, int,
                        const Packed&, v128_t (&sums)[Rows][2]) {
    for (const int32_t* segment = w.first; segment != w.last; ++segment) {
        const float* at = a + *segment;
#pragma clang loop unroll(disable)
        for (const float* end = at + w.length; at != end; ++at, b += kChannels) {
            const v128_t low = wasm_v128_load(b), high = wasm_v128_load(b + 4);
#pragma GCC unroll 6
            for (int r = 0; r < Rows; ++r) {
                const v128_t pixel = wasm_v128_load32_splat(at + r * stride);
                sums[r][0] = multiply_add(pixel, low, sums[r][0]);
                sums[r][1] = multiply_add(pixel, high, sums[r][1]);
                finish(sums[r]);
            }
        }
    }
}

void pack_dense(const NaturalWeights& natural, Packed& packed) {
    const int depth = packed.k();
    for (int n = 0; n < natural.out; ++n) {
        float* to = packed.weights_as<float>() + n / kChannels * kChannels * ptrdiff_t{depth};
        for (int k = 0; k < depth; ++k) to[k * kChannels + n % kChannels] = natural.at(n, k);
    }
}

constexpr int kLanes = 4;

size_t depthwise_bytes(const Packed& packed) {
    return sizeof(float) * 9 * static_cast<size_t>(packed.padded);
}

// [4 channels][tap][channel], taps column by column: in the order in which a row is walked along.
void pack_depthwise(const NaturalWeights& natural, Packed& packed) {
    for (int n = 0; n < natural.out; ++n)
        for (int tap = 0; tap < 9; ++tap)
            packed.weights_as<float>()[n / kLanes * kLanes * 9 + (tap % 3 * 3 + tap / 3) * kLanes +
                                       n % kLanes] = natural.at(n, tap);
}

#include "simd/wasm_depthwise.h"

// 4 channels: each column of a window is loaded once and added to the three outputs it belongs to.
class Block {
  public:
    using Sum = v128_t;

    Block(const Packed& packed, int n) : bounds_(packed) {
        const float* from = packed.weights_as<float>() + n * ptrdiff_t{9};
        for (int i = 0; i < 9; ++i) weights_[i] = wasm_v128_load(from + i * kLanes);
        bias_ = wasm_v128_load(packed.bias.as<float>() + n);
    }

    struct Column {
        v128_t rows[3];
        MNV2_INLINE Column(const Walk<float>& walk, ptrdiff_t at) {
#pragma GCC unroll 3
            for (int r = 0; r < 3; ++r) rows[r] = wasm_v128_load(walk.in[r] + at);
        }
    };

    MNV2_INLINE Sum start() const { return bias_; }

    template <int Tap>
    MNV2_INLINE Sum add(Sum sum, const Column& column) const {
#pragma GCC unroll 3
        for (int r = 0; r < 3; ++r)
            sum = multiply_add(column.rows[r], weights_[3 * Tap + r], sum);
        return sum;
    }

    MNV2_INLINE void write(Sum sum, float* out) const { wasm_v128_store(out, bounds_(sum)); }

  private:
    const Bounds bounds_;
    v128_t weights_[9], bias_;
};

void depthwise(const Depthwise& d) { run_depthwise<Block, float, float>(d, kLanes); }

}  // namespace wasm_float

const Kernels kWasmFloat = {
#if defined(__wasm_relaxed_simd__)
    "relaxed",
#else
    "simd128",
#endif
    sizeof(float),
    1,
    wasm_float::dense_bytes,
    wasm_float::depthwise_bytes,
    wasm_float::pack_dense,
    wasm_float::pack_depthwise,
    wasm_float::run_gemm<float>,
    wasm_float::depthwise,
    nullptr};

}  // namespace mnv2
