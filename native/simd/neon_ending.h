// What both integer families for ARM share: the sizes of tiles, how sums become outputs, and the
// depthwise convolution. Included inside an instruction set's namespace, which defines `Wide`, the
// element that its kernels read and write, int16_t or uint8_t, and `kRows`, the pixels of a tile by
// its vectors of 8 channels.

constexpr int kLanes = 8;  // channels of a vector of outputs, in two registers of sums
constexpr int kWidest = 2;

#include "simd/panels.h"

template <class T>
using PlaceOf = Place<Wide, T, uint8_t>;

// Eight sums, of eight channels.
struct Sums {
    int32x4_t low, high;

    static Sums load(const int32_t* from) { return {vld1q_s32(from), vld1q_s32(from + 4)}; }
};

inline int16x8_t load_wide(const int16_t* from) { return vld1q_s16(from); }
inline int16x8_t load_wide(const uint8_t* from) {
    return vreinterpretq_s16_u16(vmovl_u8(vld1_u8(from)));
}
inline void store_outputs(int16_t* to, int16x8_t q) { vst1q_s16(to, q); }
inline void store_outputs(uint8_t* to, int16x8_t q) { vst1_u8(to, vqmovun_s16(q)); }

// Saturated, moved and clamped: steps of a scale as what is stored.
inline int16x8_t stored(int32x4_t low, int32x4_t high, int zero_point, const Clamp& clamp) {
    int16x8_t q = vcombine_s16(vqmovn_s32(low), vqmovn_s32(high));
    q = vqaddq_s16(q, vdupq_n_s16(static_cast<int16_t>(zero_point)));
    q = vmaxq_s16(q, vdupq_n_s16(static_cast<int16_t>(clamp.low)));
    return vminq_s16(q, vdupq_n_s16(static_cast<int16_t>(clamp.high)));
}

// The sums of eight channels to their outputs; `multipliers` are those of the channels.
inline int16x8_t requantized(const Packed& w, const Sums& sums, const float* multipliers) {
    const float32x4_t low = vmulq_f32(vcvtq_f32_s32(sums.low), vld1q_f32(multipliers));
    const float32x4_t high = vmulq_f32(vcvtq_f32_s32(sums.high), vld1q_f32(multipliers + 4));
    return stored(vcvtnq_s32_f32(low), vcvtnq_s32_f32(high), w.zero_point, w.clamp);
}

// The shortcut: eight outputs and eight bytes of the block's input become their sum.
inline int16x8_t add_shortcut(const Sum& s, int16x8_t outputs, const uint8_t* from) {
    const int16x8_t source = load_wide(from);
    const auto steps = [&](int16x4_t a, int16x4_t b) {
        int32x4_t sum = vdupq_n_s32(s.bias());
        sum = vmlaq_n_s32(sum, vmovl_s16(a), s.first);
        sum = vmlaq_n_s32(sum, vmovl_s16(b), s.second);
        return vshlq_s32(sum, vdupq_n_s32(-s.shift));
    };
    return stored(steps(vget_low_s16(outputs), vget_low_s16(source)),
                  steps(vget_high_s16(outputs), vget_high_s16(source)), s.out_zero_point, s.clamp);
}

// A tile's sums to outputs.
template <int Rows, int Vectors, class T>
inline __attribute__((always_inline)) void finish(const Gemm& g, const Sums (&sums)[Rows][Vectors],
                                                  int n, const PlaceOf<T>& place) {
    const float* multipliers = g.weights->multipliers.as<float>() + n;
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; ++v)
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r) {
            const int lane = v * kLanes;
            int16x8_t q = requantized(*g.weights, sums[r][v], multipliers + lane);
            if (place.residual)
                q = add_shortcut(*g.sum, q, place.residual + r * place.residual_stride + lane);
            store_outputs(place.out(r) + lane, q);
        }
}

// Nine taps of eight channels, as int16: a block of weights.
constexpr int kDepthwiseBlock = 9 * kLanes;

inline size_t depthwise_bytes(const Packed& packed) {
    return sizeof(int16_t) * 9 * static_cast<size_t>(packed.padded);
}

inline void pack_depthwise(const NaturalWeights& natural, Packed& packed) {
    int16_t* to = packed.weights_as<int16_t>();
    for (int n = 0; n < natural.out; ++n)
        for (int tap = 0; tap < 9; ++tap)
            to[n / kLanes * kDepthwiseBlock + tap * kLanes + n % kLanes] =
                static_cast<int16_t>(natural.integer(n, tap));
}

template <class T>
void depthwise_channels(const Depthwise& d, int n) {
    const Packed& w = *d.weights;
    const int16_t* weights =
        w.weights_as<int16_t>() + (d.n0 + n) / kLanes * ptrdiff_t{kDepthwiseBlock};
    int16x8_t taps[9];
#pragma GCC unroll 16
    for (int tap = 0; tap < 9; ++tap) taps[tap] = vld1q_s16(weights + tap * kLanes);
    const float* multipliers = w.multipliers.as<float>() + d.n0 + n;
    const Sums start = Sums::load(w.bias.as<int32_t>() + d.n0 + n);
    for (int y = 0; y < d.rows; ++y) {
        const Wide* in[3];
        for (int r = 0; r < 3; ++r) in[r] = static_cast<const Wide*>(d.taps[3 * y + r]) + n;
        T* out = static_cast<T*>(d.out) + y * d.out_row_stride + n;
        for (int x = 0; x < d.width; ++x, out += d.out_stride) {
            Sums sums = start;
#pragma GCC unroll 16
            for (int r = 0; r < 3; ++r) {
#pragma GCC unroll 16
                for (int t = 0; t < 3; ++t) {
                    const int16x8_t pixel = load_wide(in[r] + t * d.tap_stride);
                    const int16x8_t weight = taps[3 * r + t];
                    sums.low =
                        vmlal_s16(sums.low, vget_low_s16(pixel), vget_low_s16(weight));
                    sums.high = vmlal_high_s16(sums.high, pixel, weight);
                }
                in[r] += d.x_stride;
            }
            store_outputs(out, requantized(w, sums, multipliers));
        }
    }
}

inline void depthwise(const Depthwise& d) {
    for (int n = 0; n < d.n; n += kLanes) {
        if (d.wide_out)
            depthwise_channels<Wide>(d, n);
        else
            depthwise_channels<uint8_t>(d, n);
    }
}
