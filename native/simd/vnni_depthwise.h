// The depthwise kernel of both sets with vpdpbusd. Included inside an instruction set's namespace.
//
// One lane sums up one channel: vpdpbusd multiplies a column of the window, (row 0, row 1, row 2,
// anything), with that column's weights and a zero. Columns are made from the maps' bytes by
// interleaving three rows, which keeps vectors' 16-byte quarters apart: part j of four holds, in
// quarter i, the channels from 16 * i + 4 * j on, and packing undoes just that.
//
// Interleaving costs as much as a third of everything else, so each column is made once: it ends
// one output, is the middle of the next and begins the one after that, whose sums stay in
// registers. Weights take up 12 more, which leaves just enough of 32; of 16, they stay in memory.

// Bytes of a column's weights for one quarter (16 channels), and of all three columns'.
constexpr int kQuarter = 16;

inline int quarters_of(const Packed& packed) { return (packed.padded + kQuarter - 1) / kQuarter; }

inline size_t depthwise_bytes(const Packed& packed) {
    return size_t{12} * 4 * 4 * static_cast<size_t>(quarters_of(packed));
}

// Part j of all quarters' numbers lies together, like part j of their weights.
template <class T>
void order_by_parts(Buffer& numbers, int quarters) {
    std::vector<T> ordered(static_cast<size_t>(quarters * kQuarter));
    for (int channel = 0; channel < quarters * kQuarter; ++channel) {
        const int part = channel % kQuarter / 4;
        ordered[static_cast<size_t>(4 * (part * quarters + channel / kQuarter) + channel % 4)] =
            numbers.as<T>()[channel];
    }
    std::copy(ordered.begin(), ordered.end(), numbers.as<T>());
}

// [round][column][part][quarter][4 channels][4 bytes]; rounds beyond the first are in `rest`, for
// weights that do not fit into one int8. `rest.ends` has each quarter's number of those.
inline void pack_depthwise(const NaturalWeights& natural, Packed& packed) {
    const int quarters = quarters_of(packed);
    const size_t bytes = depthwise_bytes(packed);
    order_by_parts<int32_t>(packed.bias, quarters);
    order_by_parts<float>(packed.multipliers, quarters);
    order_by_parts<float>(packed.lifted, quarters);
    packed.rest.ends.assign(static_cast<size_t>(quarters), 0);
    for (int channel = 0; channel < natural.out; ++channel)
        for (int tap = 0; tap < 9; ++tap) {
            const int quarter = channel / kQuarter, part = channel % kQuarter / 4;
            const auto at = static_cast<size_t>(
                16 * ((tap % 3 * 4 + part) * quarters + quarter) + 4 * (channel % 4) + tap / 3);
            int value = natural.integer(channel, tap);
            packed.weights_as<int8_t>()[at] = take_byte(value);
            for (int round = 1; value; ++round) {
                std::vector<int8_t>& rest = packed.rest.weights;
                if (rest.size() < static_cast<size_t>(round) * bytes + kSlack)
                    rest.resize(static_cast<size_t>(round) * bytes + kSlack);
                rest[static_cast<size_t>(round - 1) * bytes + at] = take_byte(value);
                int32_t& rounds = packed.rest.ends[static_cast<size_t>(quarter)];
                rounds = std::max(rounds, round);
            }
        }
    if (packed.rest.weights.empty()) packed.rest.ends.clear();
    if (PlainEnding::fits(packed)) lift(packed);
}

template <class V>
MNV2_INLINE typename V::Ints dot_with(typename V::Ints sums, typename V::Ints column,
                                      const typename V::Ints& weights) {
    if constexpr (Full::kLanes == 16)
        return V::dot(sums, column, weights);
    else
        return V::dot_in_memory(sums, column, weights);
}

template <class V, class End, bool Exact>
class DepthwiseBlock {
  public:
    DepthwiseBlock(const Packed& w, const End& ending, int quarter, int channels)
        : quarters_(quarters_of(w)),
          channels_(channels),
          ending_(ending) {
        const int8_t* from = w.weights_as<int8_t>() + 16 * quarter;
        for (int i = 0; i < 12; ++i) weights_[i] = V::load_constants(from + 16 * i * quarters_);
        for (int j = 0; j < 4; ++j) {
            const int at = 4 * (j * quarters_ + quarter);
            bias_[j] = V::load_constants(w.bias.as<int32_t>() + at);
            factors_[j] = {V::as_floats(V::load_constants(w.multipliers.as<float>() + at)),
                           V::as_floats(V::load_constants(w.lifted.as<float>() + at))};
        }
        if constexpr (Exact) {
            rest_ = w.rest.weights.data() + 16 * quarter;
            for (int i = quarter; i < std::min(quarter + V::kChannels / kQuarter, quarters_); ++i)
                rounds_ = std::max(rounds_, w.rest.ends[static_cast<size_t>(i)]);
        }
    }

    // Neighboring windows share two columns.
    MNV2_INLINE void by_one(const Rows& rows) const {
        Sums begun, half_done;
        start(begun);
        const Column<V> left(rows, 0);
        add<0>(begun, left);
        const Column<V> middle(rows, rows.step);
        half_done = begun;
        add<1>(half_done, middle);
        start(begun);
        add<0>(begun, middle);
        ptrdiff_t at = 2 * rows.step;
        uint8_t* out[2] = {rows.out[0], rows.out[1]};
        for (int x = 0; x < rows.count; ++x, at += rows.step, move(out, rows)) {
            const Column<V> column(rows, at);
            add<2>(half_done, column);
            write(half_done, out);
            half_done = begun;
            add<1>(half_done, column);
            start(begun);
            add<0>(begun, column);
        }
    }

    // Neighboring windows share one column.
    MNV2_INLINE void by_two(const Rows& rows) const {
        Sums begun;
        start(begun);
        const Column<V> left(rows, 0);
        add<0>(begun, left);
        ptrdiff_t at = rows.step;
        uint8_t* out[2] = {rows.out[0], rows.out[1]};
        for (int x = 0; x < rows.count; ++x, at += 2 * rows.step, move(out, rows)) {
            const Column<V> middle(rows, at);
            add<1>(begun, middle);
            const Column<V> right(rows, at + rows.step);
            add<2>(begun, right);
            write(begun, out);
            start(begun);
            add<0>(begun, right);
        }
    }

  private:
    struct Sums {
        typename V::Ints part[4];
    };

    MNV2_INLINE void start(Sums& sums) const {
#pragma GCC unroll 4
        for (int j = 0; j < 4; ++j) sums.part[j] = bias_[j];
    }

    template <int Tap>
    MNV2_INLINE void add(Sums& sums, const Column<V>& column) const {
#pragma GCC unroll 4
        for (int j = 0; j < 4; ++j)
            sums.part[j] =
                dot_with<V>(sums.part[j], column.part[j], weights_[4 * Tap + j]);
        if constexpr (Exact) {
            const int8_t* from = rest_ + 64 * Tap * quarters_;
            for (int round = 0; round < rounds_; ++round, from += 192 * quarters_)
#pragma GCC unroll 4
                for (int j = 0; j < 4; ++j)
                    sums.part[j] =
                        V::dot(sums.part[j], column.part[j],
                               V::load_constants(from + 16 * j * quarters_));
        }
    }

    static MNV2_INLINE void move(uint8_t* (&out)[2], const Rows& rows) {
#pragma GCC unroll 2
        for (int i = 0; i < V::kRows; ++i) out[i] += rows.out_step;
    }

    MNV2_INLINE void write(const Sums& sums, uint8_t* const (&out)[2]) const {
        typename V::Ints q[4];
#pragma GCC unroll 4
        for (int j = 0; j < 4; ++j)
            q[j] = ending_.template scaled<V>(sums.part[j], factors_[j]);
        const auto low = ending_.template words<V>(q[0], q[1]);
        const auto high = ending_.template words<V>(q[2], q[3]);
        V::store_row(out, ending_.template bytes<V>(low, high), channels_);
    }

    const int quarters_, channels_;
    const End ending_;
    typename V::Ints weights_[12], bias_[4];
    Factors<V> factors_[4];
    const int8_t* rest_ = nullptr;
    int rounds_ = 0;
};

// How often a row is walked along so that neighboring windows of a walk share columns. A dilated
// kernel's windows do so when they are as far apart as its taps are.
inline int walks_of(const Depthwise& d) {
    if (d.tap_stride % d.x_stride == 0)
        return static_cast<int>(std::min<ptrdiff_t>(d.tap_stride / d.x_stride, d.width));
    return d.x_stride == 2 * d.tap_stride ? 1 : d.width;
}

template <class V, class End, bool Exact>
void depthwise_block(const Depthwise& d, const End& ending, int n, int begin, int end) {
    const DepthwiseBlock<V, End, Exact> block(*d.weights, ending, (d.n0 + n) / kQuarter, d.n - n);
    const int walks = walks_of(d);
    const bool by_two = d.x_stride == 2 * d.tap_stride;
    for (int y = begin; y < end; y += V::kRows)
        for (int walk = 0; walk < walks; ++walk) {
            Rows rows{};
            for (int i = 0; i < V::kRows; ++i) {
                for (int r = 0; r < 3; ++r)
                    rows.in[i][r] = static_cast<const uint8_t*>(d.taps[3 * (y + i) + r]) + n +
                                    walk * d.x_stride;
                rows.out[i] = static_cast<uint8_t*>(d.out) + (y + i) * d.out_row_stride +
                              walk * d.out_stride + n;
            }
            rows.step = d.tap_stride;
            rows.out_step = walks * d.out_stride;
            rows.count = (d.width - walk + walks - 1) / walks;
            by_two ? block.by_two(rows) : block.by_one(rows);
        }
}

template <class End, bool Exact>
void depthwise_of(const Depthwise& d, const End& ending) {
    int n = 0;
    if constexpr (Full::kLanes == 16) {
        for (; d.n - n > 2 * kQuarter; n += 4 * kQuarter)
            depthwise_block<OneRow<Full>, End, Exact>(d, ending, n, 0, d.rows);
        if (n >= d.n) return;
        depthwise_block<TwoRows, End, Exact>(d, ending, n, 0, d.rows / 2 * 2);
        depthwise_block<OneRow<Ymm>, End, Exact>(d, ending, n, d.rows / 2 * 2, d.rows);
    } else {
        for (; n < d.n; n += 2 * kQuarter)
            depthwise_block<OneRow<Ymm>, End, Exact>(d, ending, n, 0, d.rows);
    }
}

inline void depthwise(const Depthwise& d) {
    const Packed& w = *d.weights;
    const auto ending_with = [&](const auto& ending) {
        using End = std::decay_t<decltype(ending)>;
        w.rest.ends.empty() ? depthwise_of<End, false>(d, ending)
                            : depthwise_of<End, true>(d, ending);
    };
    if (PlainEnding::fits(w))
        ending_with(PlainEnding());
    else
        ending_with(Ending(w.zero_point, w.clamp));
}
