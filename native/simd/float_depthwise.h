// The 3x3 depthwise convolution of floats, for any vector type. Included by float_kernels.h.

inline size_t float_depthwise_bytes(const Packed& packed) {
    return sizeof(float) * 9 * round_up(static_cast<size_t>(packed.padded), Vector::kLanes);
}

inline void float_pack_depthwise(const NaturalWeights& natural, Packed& packed) {
    for (int n = 0; n < natural.out; ++n)
        for (int tap = 0; tap < 9; ++tap)
            packed.weights_as<float>()[n / Vector::kLanes * Vector::kLanes * 9 +
                                       tap * Vector::kLanes + n % Vector::kLanes] =
                natural.at(n, tap);
}

// `Sliding`: neighboring outputs' windows are one tap apart.
template <bool Half, bool Sliding>
void float_depthwise_channels(const Depthwise& d, int n) {
    const float* weights = d.weights->weights_as<float>() + static_cast<ptrdiff_t>(d.n0 + n) * 9;
    Vector w[9];
#pragma GCC unroll 16
    for (int tap = 0; tap < 9; ++tap) w[tap] = Vector::load(weights + tap * Vector::kLanes);
    const Vector bias = Vector::load(d.weights->bias.as<float>() + d.n0 + n);
    const Vector low = Vector::broadcast(d.weights->clamp.low);
    const Vector high = Vector::broadcast(d.weights->clamp.high);
    const auto load = [](const float* at) {
        return Half ? Vector::load_half(at) : Vector::load(at);
    };
    const auto finish = [&](float* out, Vector sum) {
        sum = Vector::minimum(high, Vector::maximum(low, sum));
        Half ? Vector::store_half(out, sum) : Vector::store(out, sum);
    };
    for (int y = 0; y < d.rows; ++y) {
        const float* in[3];
        for (int r = 0; r < 3; ++r) in[r] = static_cast<const float*>(d.taps[3 * y + r]) + n;
        float* out = static_cast<float*>(d.out) + y * d.out_row_stride + n;
        const ptrdiff_t tap = d.tap_stride, step = d.x_stride;
        int x = 0;
        // Two outputs at once: their windows share two of four columns, and two sums halve the
        // wait for one another.
        for (; Sliding && x + 2 <= d.width; x += 2, out += 2 * d.out_stride) {
            Vector left = bias, right = bias;
#pragma GCC unroll 4
            for (int r = 0; r < 3; ++r) {
                const Vector a = load(in[r]), b = load(in[r] + tap), c = load(in[r] + 2 * tap),
                             e = load(in[r] + 3 * tap);
                left = Vector::multiply_add(a, w[3 * r], left);
                right = Vector::multiply_add(b, w[3 * r], right);
                left = Vector::multiply_add(b, w[3 * r + 1], left);
                right = Vector::multiply_add(c, w[3 * r + 1], right);
                left = Vector::multiply_add(c, w[3 * r + 2], left);
                right = Vector::multiply_add(e, w[3 * r + 2], right);
                in[r] += 2 * step;
            }
            finish(out, left);
            finish(out + d.out_stride, right);
        }
        for (; x < d.width; ++x, out += d.out_stride) {
            Vector sum = bias;
#pragma GCC unroll 4
            for (int r = 0; r < 3; ++r) {
                sum = Vector::multiply_add(load(in[r]), w[3 * r], sum);
                sum = Vector::multiply_add(load(in[r] + tap), w[3 * r + 1], sum);
                sum = Vector::multiply_add(load(in[r] + 2 * tap), w[3 * r + 2], sum);
                in[r] += step;
            }
            finish(out, sum);
        }
    }
}

template <bool Sliding>
void float_depthwise_rows(const Depthwise& d) {
    int n = 0;
    for (; n + Vector::kLanes <= d.n; n += Vector::kLanes)
        float_depthwise_channels<false, Sliding>(d, n);
    if (n < d.n) float_depthwise_channels<true, Sliding>(d, n);
}

inline void float_depthwise(const Depthwise& d) {
    if (d.x_stride == d.tap_stride)
        float_depthwise_rows<true>(d);
    else
        float_depthwise_rows<false>(d);
}
