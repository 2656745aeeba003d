// Rows as the depthwise kernel of both sets with vpdpbusd reads and writes them. Included inside an
// instruction set's namespace.

// A row of outputs, or two of them that are made at once, and where they come from.
struct Rows {
    const uint8_t* in[2][3];
    ptrdiff_t step;  // from column to column
    uint8_t* out[2];
    ptrdiff_t out_step;
    int count;
};

// The channels of one vector, in one row.
template <class Vector>
struct OneRow : Vector {
    static constexpr int kRows = 1, kChannels = 4 * Vector::kLanes;

    static MNV2_INLINE typename Vector::Ints load_constants(const void* from) {
        return Vector::load(from);
    }
    static MNV2_INLINE typename Vector::Ints load_row(const Rows& rows, int row, ptrdiff_t at) {
        return Vector::load(rows.in[0][row] + at);
    }
    static MNV2_INLINE void store_row(uint8_t* const (&out)[2], typename Vector::Ints bytes,
                                      int channels) {
        store_bytes(out[0], bytes, channels);
    }
};

// One column of the window, interleaved.
template <class V>
struct Column {
    typename V::Ints part[4];

    MNV2_INLINE Column(const Rows& rows, ptrdiff_t at) {
        const auto a = V::load_row(rows, 0, at), b = V::load_row(rows, 1, at),
                   c = V::load_row(rows, 2, at);
        const auto low = V::low_bytes(a, b), high = V::high_bytes(a, b);
        const auto low_third = V::low_bytes(c, c), high_third = V::high_bytes(c, c);
        part[0] = V::low_words(low, low_third);
        part[1] = V::high_words(low, low_third);
        part[2] = V::low_words(high, high_third);
        part[3] = V::high_words(high, high_third);
    }
};

struct TwoRows;  // vnni_two_rows.h, for AVX-512 alone
