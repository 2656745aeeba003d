// From 32-bit sums to bytes, for both integer families for WebAssembly. Included inside a family's
// namespace after simd/wasm_panels.h's macros; a family of int16 maps has a writer of its own.
//
// A sum becomes a float, is scaled and rounded: 1.5 * 2^23 is added, whose last bit counts ones, and
// the bits are taken for an integer. Where a scaled sum is too large for that it lies far beyond what
// a byte holds, and the bits still grow with it; below, they are negative. So one maximum of integers
// is the low clamp, and packing with saturation most of the high one. That is exact, and cheaper than
// rounding to the nearest and truncating.

constexpr float kRounder = 12582912.0f;
constexpr int32_t kRounderBits = 0x4b400000;

// What becomes of the sums of 8 channels.
class Scaled {
  public:
    Scaled(const Packed& w, int n)
        : low_(wasm_i32x4_splat(kRounderBits + static_cast<int>(w.clamp.low) - w.zero_point)),
          moved_(wasm_i32x4_splat(kRounderBits - w.zero_point)),
          high_(wasm_i16x8_splat(static_cast<int16_t>(w.clamp.high))) {
        const float* multipliers = w.multipliers.as<float>() + n;
        multipliers_[0] = wasm_v128_load(multipliers);
        multipliers_[1] = wasm_v128_load(multipliers + 4);
    }

    // 8 channels of outputs, int16.
    MNV2_INLINE v128_t operator()(v128_t low, v128_t high) const {
        return wasm_i16x8_min(
            wasm_i16x8_narrow_i32x4(scaled(low, multipliers_[0]), scaled(high, multipliers_[1])),
            high_);
    }

  private:
    MNV2_INLINE v128_t scaled(v128_t sums, v128_t multipliers) const {
        const v128_t real = wasm_f32x4_mul(wasm_f32x4_convert_i32x4(sums), multipliers);
        const v128_t bits = wasm_f32x4_add(real, wasm_f32x4_splat(kRounder));
        return wasm_i32x4_sub(wasm_i32x4_max(bits, low_), moved_);
    }

    const v128_t low_, moved_, high_;
    v128_t multipliers_[2];
};

// The shortcut: 8 outputs and 8 bytes of the block's input become their sum.
MNV2_INLINE v128_t add_shortcut(const Sum& s, v128_t outputs, const uint8_t* from) {
    const v128_t source = wasm_u16x8_load8x8(from);
    const auto steps = [&](v128_t a, v128_t b) {
        v128_t sum = wasm_i32x4_splat(s.bias());
        sum = wasm_i32x4_add(sum, wasm_i32x4_mul(a, wasm_i32x4_splat(s.first)));
        sum = wasm_i32x4_add(sum, wasm_i32x4_mul(b, wasm_i32x4_splat(s.second)));
        return wasm_i32x4_shr(sum, static_cast<uint32_t>(s.shift));
    };
    v128_t q = wasm_i16x8_narrow_i32x4(
        steps(wasm_i32x4_extend_low_i16x8(outputs), wasm_i32x4_extend_low_i16x8(source)),
        steps(wasm_i32x4_extend_high_i16x8(outputs), wasm_i32x4_extend_high_i16x8(source)));
    q = wasm_i16x8_add_sat(q, wasm_i16x8_splat(static_cast<int16_t>(s.out_zero_point)));
    q = wasm_i16x8_max(q, wasm_i16x8_splat(static_cast<int16_t>(s.clamp.low)));
    return wasm_i16x8_min(q, wasm_i16x8_splat(static_cast<int16_t>(s.clamp.high)));
}

MNV2_INLINE void store_outputs(int16_t* to, v128_t q) { wasm_v128_store(to, q); }
MNV2_INLINE void store_outputs(uint8_t* to, v128_t q) {
    wasm_v128_store64_lane(to, wasm_u8x16_narrow_i16x8(q, q), 0);
}

template <class T>
class Ending {
  public:
    Ending(const Gemm& g, int n) : sum_(g.sum), scaled_(*g.weights, n) {}

    template <int Rows>
    MNV2_INLINE void write(const Sums<Rows>& sums, const PlaceOf<T>& place) const {
#pragma GCC unroll 6
        for (int r = 0; r < Rows; ++r) {
            v128_t q = scaled_(sums[r][0], sums[r][1]);
            if (place.residual)
                q = add_shortcut(*sum_, q, place.residual + r * place.residual_stride);
            store_outputs(place.out(r), q);
        }
    }

  private:
    const Sum* const sum_;
    const Scaled scaled_;
};
