// The kernels in plain C++: what the others are tested against, and what runs on any machine.

#include <algorithm>
#include <cmath>

#include "kernels.h"

namespace mnv2 {
namespace {

ptrdiff_t pixel_offset(const Gemm& g, int m) {
    return (m / g.row) * g.row_stride + (m % g.row) * g.c_stride;
}

// Arena and wide elements are both float: the bits of `wide_c` and `wide_out` do not matter.
template <class T>
size_t bytes_of(const Packed& packed) {
    return sizeof(T) * static_cast<size_t>(packed.out) * static_cast<size_t>(packed.k());
}

// [out][k]; a depthwise kernel has nine taps for k.
void pack_float(const NaturalWeights& natural, Packed& packed) {
    const int depth = packed.k();
    for (int n = 0; n < natural.out; ++n)
        for (int k = 0; k < depth; ++k)
            packed.weights_as<float>()[n * depth + k] = natural.at(n, k);
}

void gemm_float(const Gemm& g) {
    const Packed& w = *g.weights;
    for (int m = 0; m < g.m; ++m) {
        const float* a = static_cast<const float*>(g.a) + m * g.a_stride;
        float* c = static_cast<float*>(g.c) + pixel_offset(g, m);
        for (int n = g.n0; n < g.n0 + g.n; ++n) {
            if (n >= w.out) {
                c[n - g.n0] = 0;
                continue;
            }
            const float* b = w.weights_as<float>() + static_cast<ptrdiff_t>(n) * w.k();
            float sum = w.bias.as<float>()[n];
            for (const int32_t segment : w.segments)
                for (int k = 0; k < w.segment_length; ++k) sum += a[segment + k] * *b++;
            sum = std::min(std::max(sum, w.clamp.low), w.clamp.high);
            if (g.residual)
                sum += (static_cast<const float*>(g.residual) + m * g.residual_stride)[n - g.n0];
            c[n - g.n0] = sum;
        }
    }
}

void depthwise_float(const Depthwise& d) {
    const Packed& w = *d.weights;
    for (int y = 0; y < d.rows; ++y)
        for (int x = 0; x < d.width; ++x) {
            float* out = static_cast<float*>(d.out) + y * d.out_row_stride + x * d.out_stride;
            for (int n = 0; n < d.n; ++n) {
                const int channel = d.n0 + n;
                if (channel >= w.out) {
                    out[n] = 0;
                    continue;
                }
                float sum = w.bias.as<float>()[channel];
                for (int r = 0; r < 3; ++r)
                    for (int t = 0; t < 3; ++t)
                        sum += (static_cast<const float*>(d.taps[3 * y + r]) + x * d.x_stride +
                                t * d.tap_stride)[n] *
                               w.weights_as<float>()[channel * 9 + r * 3 + t];
                out[n] = std::min(std::max(sum, w.clamp.low), w.clamp.high);
            }
        }
}

void pack_integer(const NaturalWeights& natural, Packed& packed) {
    const int depth = packed.k();
    for (int n = 0; n < natural.out; ++n)
        for (int k = 0; k < depth; ++k)
            packed.weights_as<int16_t>()[n * depth + k] =
                static_cast<int16_t>(natural.integer(n, k));
}

float rounded(float value) { return std::nearbyint(value); }

int requantize(const Packed& w, int channel, int32_t sum) {
    const float scaled =
        rounded(static_cast<float>(sum) * w.multipliers.as<float>()[channel]) +
        static_cast<float>(w.zero_point);
    return static_cast<int>(std::min(std::max(scaled, w.clamp.low), w.clamp.high));
}

void gemm_integer(const Gemm& g) {
    const Packed& w = *g.weights;
    for (int m = 0; m < g.m; ++m) {
        const uint8_t* a = static_cast<const uint8_t*>(g.a) + m * g.a_stride;
        uint8_t* c = static_cast<uint8_t*>(g.c) + pixel_offset(g, m);
        for (int n = g.n0; n < g.n0 + g.n; ++n) {
            if (n >= w.out) {
                c[n - g.n0] = 0;
                continue;
            }
            const int16_t* b = w.weights_as<int16_t>() + static_cast<ptrdiff_t>(n) * w.k();
            int32_t sum = w.bias.as<int32_t>()[n];
            for (const int32_t segment : w.segments)
                for (int k = 0; k < w.segment_length; ++k) sum += a[segment + k] * *b++;
            int q = requantize(w, n, sum);
            if (g.residual) {
                const Sum& s = *g.sum;
                const int r =
                    (static_cast<const uint8_t*>(g.residual) + m * g.residual_stride)[n - g.n0];
                q = s(q, r);
            }
            c[n - g.n0] = static_cast<uint8_t>(q);
        }
    }
}

void depthwise_integer(const Depthwise& d) {
    const Packed& w = *d.weights;
    for (int y = 0; y < d.rows; ++y)
        for (int x = 0; x < d.width; ++x) {
            uint8_t* out =
                static_cast<uint8_t*>(d.out) + y * d.out_row_stride + x * d.out_stride;
            for (int n = 0; n < d.n; ++n) {
                const int channel = d.n0 + n;
                if (channel >= w.out) {
                    out[n] = 0;
                    continue;
                }
                int32_t sum = w.bias.as<int32_t>()[channel];
                for (int r = 0; r < 3; ++r)
                    for (int t = 0; t < 3; ++t)
                        sum += (static_cast<const uint8_t*>(d.taps[3 * y + r]) +
                                x * d.x_stride + t * d.tap_stride)[n] *
                               w.weights_as<int16_t>()[channel * 9 + r * 3 + t];
                out[n] = static_cast<uint8_t>(requantize(w, channel, sum));
            }
        }
}

}  // namespace

const Kernels kScalarFloat = {"scalar",        sizeof(float), 1,          bytes_of<float>,
                              bytes_of<float>, pack_float,    pack_float, gemm_float,
                              depthwise_float, nullptr};
const Kernels kScalarInteger = {"scalar",          sizeof(uint8_t), 1,            bytes_of<int16_t>,
                                bytes_of<int16_t>, pack_integer,    pack_integer, gemm_integer,
                                depthwise_integer, nullptr};

}  // namespace mnv2
