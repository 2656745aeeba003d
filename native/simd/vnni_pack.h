// Weights as every set with vpdpbusd reads them, and the one whose tiles multiply a whole panel at
// once. Included inside an instruction set's namespace after vnni_outputs.h.
//
// Weights minus their zero points mostly fit into int8. What does not is cut into several parts
// that do; the parts beyond the first are summed up behind everything else, only where a panel has
// any: see `Rest`.

constexpr int kGroup = 4;   // numbers that one instruction sums up in a lane
constexpr int kEighth = 8;  // channels of the narrowest panel
constexpr int kPanel = kWidest * Full::kLanes;

// Takes as much of a weight as fits into an int8.
inline int8_t take_byte(int& value) {
    const int part = std::clamp(value, -128, 127);
    value -= part;
    return static_cast<int8_t>(part);
}

// A panel: whole vectors, and half a one where AVX-512 has 8 channels left over.
struct Panel {
    int n, width, vectors;
    bool half;

    Panel(const Packed& packed, int n)
        : n(n),
          width(std::min(panel_vectors(packed, n, Full::kLanes) * Full::kLanes, packed.padded - n)),
          vectors(width / Full::kLanes),
          half(width % Full::kLanes != 0) {}

    int end() const { return n + width; }

    // The channel of a place in the order of sums.
    int channel(int place) const {
        const int vector = place / Full::kLanes, lane = place % Full::kLanes;
        return n + (vector < vectors ? channel_of(vector, lane, vectors) : place);
    }
};

// A channel's numbers as a panel's sums will lie.
template <class T>
void permute(Buffer& numbers, const Panel& panel) {
    T moved[kPanel];
    for (int i = 0; i < panel.width; ++i) moved[i] = numbers.as<T>()[panel.channel(i)];
    std::copy_n(moved, panel.width, numbers.as<T>() + panel.n);
}

// A group's weights, in the order of a panel's sums. Returns whether anything is left to take.
bool pack_group(const Panel& panel, int (&values)[kPanel * kGroup], int8_t* to) {
    bool more = false;
    for (int i = 0; i < panel.width * kGroup; ++i) {
        to[i] = take_byte(values[i]);
        more |= values[i] != 0;
    }
    return more;
}

// For each group, whether its numbers are neighbors in a channel's weights too.
std::vector<char> neighbors(const NaturalWeights& natural, int k) {
    std::vector<char> found(static_cast<size_t>(k / kGroup), 1);
    for (int i = 0; i < k; ++i) {
        const int32_t first = natural.rows[i / kGroup * kGroup];
        found[static_cast<size_t>(i / kGroup)] &=
            first >= 0 && natural.rows[i] == first + i % kGroup;
    }
    return found;
}

// What of a panel's weights fits into an int8. Returns, for each group, whether anything is left.
// Channel by channel, as they lie in memory, and four at a time where they are int8 as they stand:
// 3.5 million weights are ready in 5 ms, their sums included, instead of 8.
std::vector<char> pack_panel(const NaturalWeights& natural, const Panel& panel, int k, int8_t* to) {
    const int flip = natural.is_signed ? 0x80 : 0;  // makes a byte of an int8, 128 higher
    std::vector<char> left(static_cast<size_t>(k / kGroup));
    const std::vector<char> together = neighbors(natural, k);
    for (int i = 0; i < panel.width; ++i) {
        const int channel = panel.channel(i);
        if (channel >= natural.out) continue;
        const uint8_t* from =
            natural.bytes + static_cast<size_t>(channel) * static_cast<size_t>(natural.k);
        const bool narrow = natural.is_signed && natural.zero_points[channel] == 0;
        const int zero = natural.zero_points[channel] + flip;
        int8_t* at = to + kGroup * i;
        for (int group = 0; group < k / kGroup; ++group, at += panel.width * kGroup) {
            const int32_t* rows = natural.rows + group * kGroup;
            if (narrow && together[static_cast<size_t>(group)]) {
                std::memcpy(at, from + *rows, kGroup);
                continue;
            }
            for (int j = 0; j < kGroup; ++j) {
                const int32_t row = rows[j];
                if (row < 0) continue;
                int value = (from[row] ^ flip) - zero;
                at[j] = take_byte(value);
                left[static_cast<size_t>(group)] |= value != 0;
            }
        }
    }
    return left;
}
