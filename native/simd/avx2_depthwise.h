// The 3x3 depthwise convolution on int16 rows. Included inside avx2_integer.cpp's namespace.

// For each block of 16 channels 14 vectors, low and high channels by turns: taps of the first two rows
// as pairs, column by column; the third row's first two taps as a pair, its last one alone; and the
// same row once more, its first one alone and its last two as a pair: of four neighboring numbers the
// one window begins with the first, the next with the second.
constexpr int kDepthwiseBlock = 14 * 16;

size_t depthwise_bytes(const Packed& packed) {
    return sizeof(int16_t) * kDepthwiseBlock * static_cast<size_t>((packed.padded + 15) / 16);
}

void pack_depthwise(const NaturalWeights& natural, Packed& packed) {
    const int blocks = (packed.padded + 15) / 16;
    constexpr int kPairs[7][2] = {{0, 3}, {1, 4}, {2, 5}, {6, 7}, {8, -1}, {-1, 6}, {7, 8}};
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
    if (can_be_lifted(packed)) lift(packed);
}

// The channels of two rows, next to each other: what vpmaddwd sums up.
struct Pairs {
    __m256i low, high;
    Pairs(__m256i a, __m256i b)
        : low(_mm256_unpacklo_epi16(a, b)), high(_mm256_unpackhi_epi16(a, b)) {}
};

struct Sums {
    __m256i low, high;
};

// Two outputs at once: each weight is loaded for both, and loads are what this kernel waits for.
struct TwoSums {
    Sums first, second;

    void add(const Pairs& a, const Pairs& b, const int16_t* weights) {
        const __m256i low = load(weights), high = load(weights + 16);
        first.low = _mm256_add_epi32(first.low, _mm256_madd_epi16(a.low, low));
        second.low = _mm256_add_epi32(second.low, _mm256_madd_epi16(b.low, low));
        first.high = _mm256_add_epi32(first.high, _mm256_madd_epi16(a.high, high));
        second.high = _mm256_add_epi32(second.high, _mm256_madd_epi16(b.high, high));
        in_this_order();
    }

    // The same numbers for both, each with its own weights.
    void add(const Pairs& pairs, const int16_t* weights, const int16_t* weights_of_second) {
        first.low = _mm256_add_epi32(first.low, _mm256_madd_epi16(pairs.low, load(weights)));
        first.high = _mm256_add_epi32(first.high, _mm256_madd_epi16(pairs.high, load(weights + 16)));
        second.low =
            _mm256_add_epi32(second.low, _mm256_madd_epi16(pairs.low, load(weights_of_second)));
        second.high = _mm256_add_epi32(second.high,
                                       _mm256_madd_epi16(pairs.high, load(weights_of_second + 16)));
        in_this_order();
    }

  private:
    // gcc would make all products first, and keep them in memory.
    void in_this_order() {
        asm("" : "+x"(first.low), "+x"(first.high), "+x"(second.low), "+x"(second.high));
    }
};

// 16 channels of a layer, and one output row of them.
template <class Out>
class DepthwiseBlock {
    using T = typename Out::Element;

  public:
    DepthwiseBlock(const Depthwise& d, int n)
        : weights_(d.weights->weights_as<int16_t>() + (d.n0 + n) / 16 * kDepthwiseBlock),
          ending_(*d.weights),
          factors0_(*d.weights, d.n0 + n),
          factors1_(*d.weights, d.n0 + n + kLanes),
          start_{load(d.weights->bias, d.n0 + n), load(d.weights->bias, d.n0 + n + kLanes)},
          tap_(d.tap_stride),
          half_(n + 16 > d.n) {}

    // `Taps`: how many taps neighboring outputs' windows are apart; 0 for windows that share none.
    template <int Taps>
    void row(const int16_t* const (&rows)[3], ptrdiff_t step, T* out, ptrdiff_t out_step,
             int width) const {
        const int16_t* in[3] = {rows[0], rows[1], rows[2]};
        int x = 0;
        if constexpr (Taps > 0) {
            Pairs left = column(in, 0), next = column(in, 1);
            for (; x + 2 <= width; x += 2, out += 2 * out_step) {
                TwoSums sums{start_, start_};
                // The windows' columns are 0, 1, 2 and Taps, Taps + 1, Taps + 2.
                const Pairs middle = Taps == 1 ? next : column(in, 1);
                const Pairs third = column(in, 2), fourth = column(in, 3);
                if constexpr (Taps == 1) {
                    sums.add(left, middle, weights_);
                    sums.add(middle, third, weights_ + 32);
                    sums.add(third, fourth, weights_ + 64);
                    left = third, next = fourth;
                } else {
                    sums.add(left, third, weights_);
                    sums.add(middle, fourth, weights_ + 32);
                    left = column(in, 4);
                    sums.add(third, left, weights_ + 64);
                }
                const auto last = [&](int at) { return load(in[2] + at * tap_); };
                const Pairs begin(last(0), last(1)), behind(last(2), last(3));
                if constexpr (Taps == 1) {
                    sums.add(begin, weights_ + 96, weights_ + 160);
                    sums.add(behind, weights_ + 128, weights_ + 192);
                } else {
                    sums.add(begin, behind, weights_ + 96);
                    sums.add(behind, Pairs(last(4), _mm256_setzero_si256()), weights_ + 128);
                }
                store(sums.first, out);
                store(sums.second, out + out_step);
                for (const int16_t*& at : in) at += 2 * step;
            }
        }
        for (; x < width; ++x, out += out_step) {
            one(in, out);
            for (const int16_t*& at : in) at += step;
        }
    }

  private:
    static __m256i load(const Buffer& values, int at) {
        return avx2_integer::load(values.as<int32_t>() + at);
    }
    static __m256i load(const int16_t* from) { return avx2_integer::load(from); }

    Pairs column(const int16_t* const (&in)[3], int at) const {
        return Pairs(load(in[0] + at * tap_), load(in[1] + at * tap_));
    }

    void one(const int16_t* const (&in)[3], T* out) const {
        Sums sums = start_;
        const auto add = [&](const Pairs& pairs, const int16_t* weights) {
            sums.low = _mm256_add_epi32(sums.low, _mm256_madd_epi16(pairs.low, load(weights)));
            sums.high =
                _mm256_add_epi32(sums.high, _mm256_madd_epi16(pairs.high, load(weights + 16)));
        };
        for (int at = 0; at < 3; ++at) add(column(in, at), weights_ + 32 * at);
        add(Pairs(load(in[2]), load(in[2] + tap_)), weights_ + 96);
        add(Pairs(load(in[2] + 2 * tap_), _mm256_setzero_si256()), weights_ + 128);
        store(sums, out);
    }

    void store(const Sums& sums, T* out) const {
        const __m256i q = ending_.wide(sums.low, sums.high, factors0_, factors1_);
        if constexpr (Out::kWide) {
            half_ ? put_low(out, q) : _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), q);
        } else {
            const __m128i bytes = _mm256_castsi256_si128(
                _mm256_permute4x64_epi64(_mm256_packus_epi16(q, q), 0x08));
            auto* to = reinterpret_cast<__m128i*>(out);
            half_ ? _mm_storel_epi64(to, bytes) : _mm_storeu_si128(to, bytes);
        }
    }

    const int16_t* weights_;
    const typename Out::End ending_;
    const Factors factors0_, factors1_;
    const Sums start_;
    const ptrdiff_t tap_;
    const bool half_;
};

template <class Out, int Taps>
void depthwise_rows(const Depthwise& d) {
    using T = typename Out::Element;
    for (int n = 0; n < d.n; n += 16) {
        const DepthwiseBlock<Out> block(d, n);
        for (int y = 0; y < d.rows; ++y) {
            const int16_t* in[3];
            for (int r = 0; r < 3; ++r) in[r] = static_cast<const int16_t*>(d.taps[3 * y + r]) + n;
            T* out = static_cast<T*>(d.out) + y * d.out_row_stride + n;
            block.template row<Taps>(in, d.x_stride, out, d.out_stride, d.width);
        }
    }
}

template <class Out>
void depthwise_to(const Depthwise& d) {
    if (d.x_stride == d.tap_stride)
        depthwise_rows<Out, 1>(d);
    else if (d.x_stride == 2 * d.tap_stride)
        depthwise_rows<Out, 2>(d);
    else
        depthwise_rows<Out, 0>(d);
}

void depthwise(const Depthwise& d) {
    if (can_be_lifted(*d.weights))
        d.wide_out ? depthwise_to<To<int16_t, LiftedEnding>>(d)
                   : depthwise_to<To<uint8_t, LiftedEnding>>(d);
    else
        d.wide_out ? depthwise_to<To<int16_t, Ending>>(d) : depthwise_to<To<uint8_t, Ending>>(d);
}
