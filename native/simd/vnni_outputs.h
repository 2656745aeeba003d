// From sums to bytes: what happens when a tile's last product has been added. Included inside the
// namespace of either set with vpdpbusd, which defines `Full`, its whole vectors.
//
// Packing works within the 16-byte quarters of a vector, of which there are four or two. A panel of
// V whole vectors therefore keeps, in quarter i of vector v, the four channels from
// 4 * V * i + 4 * v on: then the quarters of packed outputs hold neighbors, and one permutation of
// dwords brings them into order.

template <class V>
constexpr int kQuarters = V::kLanes / 4;

constexpr int channel_of(int vector, int lane, int vectors) {
    return 4 * vectors * (lane / 4) + 4 * vector + lane % 4;
}

struct alignas(64) Order {
    int32_t dwords[16] = {};
};

// Where the dwords of `rows` rows of some vectors come from, when a quarter holds as many dwords of
// each. With three vectors a row's third one shares its vector with the next row's: `third` is 2 or
// 3.
constexpr Order gathered(int quarters, int vectors, int rows, int third = 2) {
    Order order;
    for (int row = 0; row < rows; ++row)
        for (int quarter = 0; quarter < quarters; ++quarter)
            for (int v = 0; v < vectors; ++v)
                order.dwords[quarters * vectors * row + vectors * quarter + v] =
                    4 * quarter + vectors * row + (v == 2 ? third : v);
    return order;
}

// The way back, for a shortcut's bytes: dword v of quarter i is a row's dword V * i + v.
constexpr Order spread(int quarters, int vectors) {
    Order order;
    for (int quarter = 0; quarter < quarters; ++quarter)
        for (int v = 0; v < vectors; ++v) order.dwords[4 * quarter + v] = vectors * quarter + v;
    return order;
}

// What sums are multiplied by, and what is taken off them again where they are lifted.
template <class V>
struct Factors {
    typename V::Floats own, lifted;
};

// Constants that every output of a layer, or of a sum, needs.
struct Ending {
    Full::Ints zero_point, low, high;

    Ending(int zero, const Clamp& clamp)
        : zero_point(Full::all_words(static_cast<int16_t>(zero))),
          low(Full::all_bytes(static_cast<int8_t>(static_cast<int>(clamp.low)))),
          high(Full::all_bytes(static_cast<int8_t>(static_cast<int>(clamp.high)))) {}

    template <class V>
    MNV2_INLINE typename V::Ints scaled(typename V::Ints sums, const Factors<V>& factors) const {
        return V::to_ints(V::times(V::to_floats(sums), factors.own));
    }
    template <class V>
    MNV2_INLINE typename V::Ints words(typename V::Ints a, typename V::Ints b) const {
        return V::moved(V::words(a, b), narrowed<V>(zero_point));
    }
    template <class V>
    MNV2_INLINE typename V::Ints bytes(typename V::Ints a, typename V::Ints b) const {
        return V::clamped_bytes(V::bytes(a, b), narrowed<V>(low), narrowed<V>(high));
    }
};

// The same where zero stands for itself and no byte is cut off, as behind nearly every ReLU6:
// packing does it all, and sums are floats as they stand.
struct PlainEnding {
    static bool fits(const Packed& w) { return can_be_lifted(w) && w.clamp.high == 255; }

    template <class V>
    MNV2_INLINE typename V::Ints scaled(typename V::Ints sums, const Factors<V>& factors) const {
        return V::to_ints(V::times_minus(V::as_floats(sums), factors.own, factors.lifted));
    }
    template <class V>
    MNV2_INLINE typename V::Ints words(typename V::Ints a, typename V::Ints b) const {
        return V::words(a, b);
    }
    template <class V>
    MNV2_INLINE typename V::Ints bytes(typename V::Ints a, typename V::Ints b) const {
        return V::bytes(a, b);
    }
};

// The shortcut: a layer's scaled sums and the bytes of the block's input become their sum, still
// without its zero point. The layer's own clamp comes first; its zero point is part of the bias.
struct Shortcut {
    Full::Ints first, second, bias, low, high;
    __m128i shift;

    Shortcut(const Packed& w, const Sum& s)
        : first(Full::all(s.first)),
          second(Full::all(s.second)),
          bias(Full::all(s.bias() + s.first * w.zero_point)),
          low(Full::all(static_cast<int>(w.clamp.low) - w.zero_point)),
          high(Full::all(static_cast<int>(w.clamp.high) - w.zero_point)),
          shift(_mm_cvtsi32_si128(s.shift)) {}

    template <class V>
    MNV2_INLINE typename V::Ints sum(typename V::Ints scaled, typename V::Ints residual) const {
        const auto output = V::clamped(scaled, narrowed<V>(low), narrowed<V>(high));
        const auto one = V::times(output, narrowed<V>(first));
        const auto other = V::add(V::times(residual, narrowed<V>(second)), narrowed<V>(bias));
        return V::shifted(V::add(one, other), shift);
    }
};

// The ending of a layer with a shortcut: the sum's own, behind the shortcut.
struct SumEnding : Ending {
    const Shortcut shortcut;

    explicit SumEnding(const Gemm& g)
        : Ending(g.sum->out_zero_point, g.sum->clamp), shortcut(*g.weights, *g.sum) {}
};

// What every tile of a panel needs to become outputs.
template <class End>
struct Finish {
    const End ending;
    const float *own, *lifted;

    Finish(const End& ending, const Packed& w, int n)
        : ending(ending),
          own(w.multipliers.as<float>() + n),
          lifted(w.lifted.as<float>() + n) {}

    template <class V>
    MNV2_INLINE Factors<V> factors(int lane) const {
        return {V::load_floats(own + lane), V::load_floats(lifted + lane)};
    }
};

// A row's residual bytes as numbers, in the order of its sums.
template <class V, int Vectors>
MNV2_INLINE void load_residual(const uint8_t* from, typename V::Ints (&numbers)[Vectors]) {
    static constexpr Order kSpread = spread(kQuarters<V>, Vectors);
    const auto quarters = V::permuted(kSpread.dwords, V::load(from));
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) {
        const __m128i one_by_one = _mm_setr_epi32(
            static_cast<int>(0x80808000u) + 4 * v, static_cast<int>(0x80808001u) + 4 * v,
            static_cast<int>(0x80808002u) + 4 * v, static_cast<int>(0x80808003u) + 4 * v);
        numbers[v] = V::shuffled(quarters, one_by_one);
    }
}

// Row `row` of four that lie behind one another.
template <class V>
MNV2_INLINE void store_one_of_four(uint8_t* to, typename V::Ints rows, int row) {
    if constexpr (kQuarters<V> == 4) {
        store_bytes(to, V::quarter(rows, row), 16);
    } else {
        const __m128i two = V::quarter(rows, row / 2);
        store_bytes(to, row % 2 ? _mm_unpackhi_epi64(two, two) : two, 8);
    }
}

// Packs and writes `Vectors` vectors of each of `Rows` rows, to `lane` and further.
template <class V, class End, int Rows, int Vectors, class Where>
MNV2_INLINE void write_rows(const End& ending, const typename V::Ints (&q)[Rows][Vectors],
                            const Where& place, int lane) {
    constexpr int kAtOnce = Vectors == 1 ? 4 : 2, kBytes = Vectors * V::kLanes;
#pragma GCC unroll 16
    for (int r = 0; r < Rows; r += kAtOnce) {
        const auto row = [](int i) { return i < Rows ? i : Rows - 1; };
        const auto words = [&](int i, int v, int j, int w) {
            return ending.template words<V>(q[i][v], q[j][w]);
        };
        const int s = row(r + 1);
        if constexpr (Vectors == 3) {
            static constexpr Order kFirst = gathered(kQuarters<V>, 3, 1, 2);
            static constexpr Order kSecond = gathered(kQuarters<V>, 3, 1, 3);
            const auto third = words(r, 2, s, 2);
            const auto a = ending.template bytes<V>(words(r, 0, r, 1), third);
            store_bytes(place.out(r) + lane, V::permuted(kFirst.dwords, a), kBytes);
            if (r + 1 >= Rows) continue;
            const auto b = ending.template bytes<V>(words(s, 0, s, 1), third);
            store_bytes(place.out(s) + lane, V::permuted(kSecond.dwords, b), kBytes);
        } else if constexpr (Vectors == 2) {
            static constexpr Order kOrder = gathered(kQuarters<V>, 2, 2);
            const auto both = V::permuted(
                kOrder.dwords, ending.template bytes<V>(words(r, 0, r, 1), words(s, 0, s, 1)));
            store_bytes(place.out(r) + lane, both, kBytes);
            if (r + 1 < Rows) store_bytes(place.out(s) + lane, upper_half(both), kBytes);
        } else {
            static constexpr Order kOrder = gathered(kQuarters<V>, 1, 4);
            const auto all = V::permuted(
                kOrder.dwords,
                ending.template bytes<V>(words(r, 0, s, 0), words(row(r + 2), 0, row(r + 3), 0)));
            for (int i = r; i < std::min(r + 4, Rows); ++i)
                store_one_of_four<V>(place.out(i) + lane, all, i - r);
        }
    }
}
