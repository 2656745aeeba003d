// The 3x3 depthwise convolution on int16 rows. Included inside avx2_integer.cpp's namespace.

// For each block of 16 channels ten vectors: taps of the first two rows as pairs, column by column
// (low and high channels each), the third row's first two taps as a pair, its last one alone.
constexpr int kDepthwiseBlock = 10 * 16;

size_t depthwise_bytes(const Packed& packed) {
    return sizeof(int16_t) * kDepthwiseBlock * static_cast<size_t>((packed.padded + 15) / 16);
}

void pack_depthwise(const NaturalWeights& natural, Packed& packed) {
    const int blocks = (packed.padded + 15) / 16;
    constexpr int kPairs[5][2] = {{0, 3}, {1, 4}, {2, 5}, {6, 7}, {8, -1}};
    for (int block = 0; block < blocks; ++block) {
        permute(packed, block * 16, 2);
        int16_t* to = packed.weights_as<int16_t>() + block * kDepthwiseBlock;
        for (const auto& taps : kPairs)
            for (int v = 0; v < 2; ++v)
                for (int lane = 0; lane < kLanes; ++lane, to += 2) {
                    const int channel = block * 16 + channel_of(v, lane, 2);
                    for (int i = 0; i < 2; ++i)
                        if (channel < natural.out && taps[i] >= 0)
                            to[i] = static_cast<int16_t>(natural.integer(channel, taps[i]));
                }
    }
}

// The channels of two rows, next to each other: what vpmaddwd sums up.
struct Pairs {
    __m256i low, high;
    Pairs(__m256i a, __m256i b)
        : low(_mm256_unpacklo_epi16(a, b)), high(_mm256_unpackhi_epi16(a, b)) {}
};

struct Sums {
    __m256i low, high;
    void add(const Pairs& pairs, const int16_t* weights) {
        low = _mm256_add_epi32(low, _mm256_madd_epi16(pairs.low, load(weights)));
        high = _mm256_add_epi32(high, _mm256_madd_epi16(pairs.high, load(weights + 16)));
    }
};

// `Sliding`: windows of neighboring outputs overlap by two columns, which are kept in registers.
template <bool Sliding>
void depthwise_block(const Depthwise& d, int n) {
    const Packed& w = *d.weights;
    const int16_t* weights = w.weights_as<int16_t>() + (d.n0 + n) / 16 * kDepthwiseBlock;
    const Ending ending(w);
    const __m256 scale0 = _mm256_loadu_ps(w.multipliers.as<float>() + d.n0 + n);
    const __m256 scale1 = _mm256_loadu_ps(w.multipliers.as<float>() + d.n0 + n + kLanes);
    const int32_t* bias = w.bias.as<int32_t>() + d.n0 + n;
    const Sums start{_mm256_loadu_si256(reinterpret_cast<const __m256i*>(bias)),
                     _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bias + kLanes))};
    const bool half = n + 16 > d.n;
    const ptrdiff_t tap = d.tap_stride;
    for (int y = 0; y < d.rows; ++y) {
        const int16_t* in[3];
        for (int r = 0; r < 3; ++r) in[r] = static_cast<const int16_t*>(d.taps[3 * y + r]) + n;
        const auto column = [&](ptrdiff_t at) { return Pairs(load(in[0] + at), load(in[1] + at)); };
        Pairs left = column(0), middle = column(tap);
        for (int x = 0; x < d.width; ++x) {
            if (!Sliding && x) left = column(0), middle = column(tap);
            const Pairs right = column(2 * tap);
            Sums sums = start;
            sums.add(left, weights);
            sums.add(middle, weights + 32);
            sums.add(right, weights + 64);
            sums.add(Pairs(load(in[2]), load(in[2] + tap)), weights + 96);
            sums.add(Pairs(load(in[2] + 2 * tap), _mm256_setzero_si256()), weights + 128);
            const __m256i q = ending(sums.low, sums.high, scale0, scale1);
            const ptrdiff_t to = y * d.out_row_stride + x * d.out_stride + n;
            if (d.wide_out) {
                int16_t* out = static_cast<int16_t*>(d.out) + to;
                if (half)
                    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm256_castsi256_si128(q));
                else
                    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), q);
            } else {
                uint8_t* out = static_cast<uint8_t*>(d.out) + to;
                if (half)
                    _mm_storel_epi64(reinterpret_cast<__m128i*>(out), to_bytes(q));
                else
                    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), to_bytes(q));
            }
            if (Sliding) left = middle, middle = right;
            for (int r = 0; r < 3; ++r) in[r] += d.x_stride;
        }
    }
}

void depthwise(const Depthwise& d) {
    for (int n = 0; n < d.n; n += 16) {
        if (d.x_stride == d.tap_stride)
            depthwise_block<true>(d, n);
        else
            depthwise_block<false>(d, n);
    }
}
