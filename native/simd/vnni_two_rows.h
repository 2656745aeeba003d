// Two rows of outputs at once, of 32 channels: one in either half of a vector of 64 bytes, which one
// row alone would leave half empty. Included inside vnni_integer.cpp's namespace after vnni_rows.h.

struct TwoRows : Zmm {
    static constexpr int kRows = 2, kChannels = 32;

    static MNV2_INLINE Ints load_constants(const void* from) {
        return _mm512_broadcast_i64x4(Ymm::load(from));
    }
    static MNV2_INLINE Ints load_row(const Rows& rows, int row, ptrdiff_t at) {
        return _mm512_inserti64x4(_mm512_castsi256_si512(Ymm::load(rows.in[0][row] + at)),
                                  Ymm::load(rows.in[1][row] + at), 1);
    }
    static MNV2_INLINE void store_row(uint8_t* const (&out)[2], Ints bytes, int channels) {
        store_bytes(out[0], _mm512_castsi512_si256(bytes), channels);
        store_bytes(out[1], upper_half(bytes), channels);
    }
};
