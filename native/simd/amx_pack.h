// How weights lie for the tiles of AMX. Included inside amx_integer.cpp's namespace.
//
// Tiles multiply so quickly that numbers are rounded up to 64 a segment, with weights of zero. What is
// summed up goes to memory and comes back, which takes as long as 32 products of each sum: layers with
// fewer are vnni_integer.cpp's, weights and all.

constexpr int kPacked = 64;  // numbers that one instruction sums up

inline int steps_of(const Packed& packed) {
    return static_cast<int>(packed.segments.size()) * ((packed.segment_length + kPacked - 1) / kPacked);
}

inline bool pays(const Packed& packed) { return packed.k() >= 32 * steps_of(packed); }

size_t dense_bytes(const Packed& packed) {
    if (!pays(packed)) return kVnniInteger.dense_bytes(packed);
    return static_cast<size_t>(steps_of(packed) * kPacked) * static_cast<size_t>(packed.padded);
}

// Which natural row each number of a tile is, or -1.
std::vector<int32_t> padded_rows(const NaturalWeights& natural, const Packed& packed) {
    std::vector<int32_t> rows;
    const int length = packed.segment_length;
    for (int begin = 0; begin < packed.k(); begin += length) {
        rows.insert(rows.end(), natural.rows + begin, natural.rows + begin + length);
        rows.resize(round_up(rows.size(), kPacked), -1);
    }
    return rows;
}

// A part of a panel's weights, [k / 4][channels][4]: what is left of each when `before` parts of it
// are taken. Returns whether anything is left then.
bool pack_part(const NaturalWeights& natural, const Panel& panel, int k, int before, int8_t* to) {
    bool more = false;
    for (int group = 0; group < k; group += kGroup)
        for (int i = 0; i < panel.width; ++i)
            for (int j = 0; j < kGroup; ++j, ++to) {
                const int channel = panel.channel(i);
                if (channel >= natural.out) continue;
                int value = natural.integer(channel, group + j);
                for (int part = 0; part < before; ++part) take_byte(value);
                *to = take_byte(value);
                more |= value != 0;
            }
    return more;
}

// Parts beyond the first lie in `rest`, whole; `ends` counts, for every 8 channels, 8 channels' parts
// until there.
void pack_dense(const NaturalWeights& all, Packed& packed) {
    if (!pays(packed)) return kVnniInteger.pack_dense(all, packed);
    NaturalWeights natural = all;
    const std::vector<int32_t> rows = padded_rows(all, packed);
    natural.rows = rows.data();
    const int k = steps_of(packed) * kPacked;
    int8_t* to = packed.weights_as<int8_t>();
    Rest& rest = packed.rest;
    for (int n = 0; n < packed.padded;) {
        const Panel panel(packed, n);
        permute<int32_t>(packed.bias, panel);
        permute<float>(packed.multipliers, panel);
        permute<float>(packed.lifted, panel);
        const auto bytes = static_cast<size_t>(panel.width) * static_cast<size_t>(k);
        const std::vector<char> left = pack_panel(natural, panel, k, to);
        bool more = std::any_of(left.begin(), left.end(), [](char some) { return some; });
        int parts = 0;
        while (more) {
            const size_t at = rest.weights.size();
            rest.weights.resize(at + bytes);
            more = pack_part(natural, panel, k, ++parts, rest.weights.data() + at);
        }
        for (to += bytes; n < panel.end(); n += kEighth)
            rest.ends.push_back((rest.ends.empty() ? 0 : rest.ends.back()) + parts);
    }
    if (rest.weights.empty())
        rest.ends.clear();
    else
        rest.weights.resize(rest.weights.size() + kSlack);
    if (PlainEnding::fits(packed)) lift(packed);
}

// A panel's weights, part by part.
struct Parts {
    const int8_t *first, *others = nullptr;
    int count = 1;
    ptrdiff_t bytes;

    Parts(const Packed& w, const Panel& panel)
        : first(w.weights_as<int8_t>() + ptrdiff_t{panel.n} * steps_of(w) * kPacked),
          bytes(ptrdiff_t{panel.width} * steps_of(w) * kPacked) {
        if (w.rest.ends.empty()) return;
        const auto number = static_cast<size_t>(panel.n / kEighth);
        const int32_t begin = number ? w.rest.ends[number - 1] : 0;
        count += w.rest.ends[number] - begin;
        others = w.rest.weights.data() + begin * bytes / panel.width * kEighth;
    }

    const int8_t* part(int i) const { return i ? others + (i - 1) * bytes : first; }
};
