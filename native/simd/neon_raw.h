// Raw weights and what takes their zero points off again, for both families that multiply bytes.
// Included inside an instruction set's namespace after neon_ending.h; `Weight` is int8_t or uint8_t,
// whichever the set multiplies.
//
// A weight's zero point z may be any byte, and w - z then fits no byte. So raw weights are
// multiplied, those of the other sign moved by 128 (and their zero points with them), and z is taken
// off afterwards: sum x (w - z) = sum x w - z sum x. The sum over a pixel is the same for all
// channels and costs a few percent; everything is exact, as it all counts modulo 2^32 and the end
// fits. Where int8 are multiplied and every w - z is one, nothing is to be taken off.

// Behind the weights lie int32 zero points [padded] and a byte [k] for each number of a window: 1
// where it counts, 0 where it is padding that may hold anything.
constexpr bool kSigned = std::is_signed_v<Weight>;

inline bool without_zeros(const Packed& packed) { return kSigned && packed.narrow; }

inline size_t weight_bytes(const Packed& packed) {
    return static_cast<size_t>(packed.k()) * static_cast<size_t>(packed.padded);
}
inline int32_t* zero_points_of(const Packed& packed) {
    return reinterpret_cast<int32_t*>(packed.weights + weight_bytes(packed));
}
inline uint8_t* mask_of(const Packed& packed) {
    return reinterpret_cast<uint8_t*>(zero_points_of(packed) + packed.padded);
}

size_t dense_bytes(const Packed& packed) {
    return weight_bytes(packed) + sizeof(int32_t) * static_cast<size_t>(packed.padded) +
           static_cast<size_t>(packed.k());
}

int32_t raw_zero_point(const NaturalWeights& natural, const Packed& packed, int channel) {
    if (without_zeros(packed)) return 0;
    const int moved = natural.is_signed == kSigned ? 0 : kSigned ? -128 : 128;
    return natural.zero_points[channel] + moved;
}

Weight raw_weight(const NaturalWeights& natural, const Packed& packed, int channel, int row) {
    if (natural.rows[row] < 0) return 0;
    return static_cast<Weight>(natural.integer(channel, row) +
                               raw_zero_point(natural, packed, channel));
}

void pack_dense(const NaturalWeights& natural, Packed& packed) {
    const int groups = packed.k() / kGroup;
    Weight* to = packed.weights_as<Weight>();
    for (int n = 0; n < packed.padded;) {
        const int width = panel_vectors(packed, n, kLanes) * kLanes;
        for (int group = 0; group < groups; ++group)
            for (int lane = 0; lane < width; ++lane)
                for (int i = 0; i < kGroup; ++i, ++to)
                    if (n + lane < natural.out)
                        *to = raw_weight(natural, packed, n + lane, kGroup * group + i);
        n += width;
    }
    for (int n = 0; n < natural.out; ++n)
        zero_points_of(packed)[n] = raw_zero_point(natural, packed, n);
    for (int k = 0; k < packed.k(); ++k) mask_of(packed)[k] = natural.rows[k] >= 0;
}

// Four numbers of a pixel in every lane.
inline uint8x16_t broadcast_four(const uint8_t* from) {
    uint32_t four;
    std::memcpy(&four, from, sizeof four);
    return vreinterpretq_u8_u32(vdupq_n_u32(four));
}

inline int32_t sum_of_pixel(const Packed& w, const uint8_t* mask, const uint8_t* a) {
    uint32x4_t sums = vdupq_n_u32(0);
    uint32x2_t rest = vdup_n_u32(0);
    for (const int32_t segment : w.segments) {
        int k = 0;
        for (; k + 16 <= w.segment_length; k += 16, mask += 16)
            sums = vdotq_u32(sums, vld1q_u8(a + segment + k), vld1q_u8(mask));
        for (; k < w.segment_length; k += 4, mask += 4)
            rest = vdot_u32(rest, vget_low_u8(broadcast_four(a + segment + k)),
                            vget_low_u8(broadcast_four(mask)));
    }
    return static_cast<int32_t>(vaddvq_u32(sums) + vget_lane_u32(rest, 0));
}

// Takes the weights' zero points off a tile's sums.
template <int Rows, int Vectors>
inline __attribute__((always_inline)) void take_off_zeros(const Gemm& g, const uint8_t* a, int n,
                                                          Sums (&sums)[Rows][Vectors]) {
    if (without_zeros(*g.weights)) return;
    const int32_t* zero_points = zero_points_of(*g.weights) + n;
    const uint8_t* mask = mask_of(*g.weights);
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
        const int32_t pixel = sum_of_pixel(*g.weights, mask, a + r * g.a_stride);
#pragma GCC unroll 16
        for (int v = 0; v < Vectors; ++v) {
            const Sums zeros = Sums::load(zero_points + v * kLanes);
            sums[r][v].low = vmlsq_n_s32(sums[r][v].low, zeros.low, pixel);
            sums[r][v].high = vmlsq_n_s32(sums[r][v].high, zeros.high, pixel);
        }
    }
}
