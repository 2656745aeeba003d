// Compares the kernels of every instruction set with the plain ones, on random problems: any
// number of channels and pixels, strides, dilations, windows, zero points, shortcuts.
//
//     kernels SEED ROUNDS
//
// Prints each problem whose results differ; integers have to be equal, floats close. What lies
// between outputs must stay as it was. Exits with 1 when anything differed.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "dispatch.h"
#include "random_layer.h"

namespace mnv2 {
namespace {

constexpr uint8_t kUntouched = 0xa5;

template <class... Numbers>
std::string written(const char* format, Numbers... numbers) {
    char text[200];
    std::snprintf(text, sizeof text, format, numbers...);
    return text;
}

// A map as a set of kernels wants it: floats, or bytes that may be widened.
class Map {
  public:
    Map(size_t elements, size_t bytes) : bytes_(bytes), memory_(elements * bytes) {
        std::fill_n(memory_.as<uint8_t>(), memory_.bytes(), kUntouched);
    }

    Map(const std::vector<uint8_t>& values, size_t bytes) : Map(values.size(), bytes) {
        for (size_t i = 0; i < values.size(); ++i) set(i, values[i]);
    }

    void set(size_t i, uint8_t value) {
        if (bytes_ == 4)
            memory_.as<float>()[i] = static_cast<float>(value) / 64 - 2;
        else if (bytes_ == 2)
            memory_.as<int16_t>()[i] = value;
        else
            memory_.as<uint8_t>()[i] = value;
    }

    double get(size_t i) const {
        if (bytes_ == 4) return memory_.as<float>()[i];
        return bytes_ == 2 ? memory_.as<int16_t>()[i] : memory_.as<uint8_t>()[i];
    }

    bool untouched(size_t i) const {
        for (size_t byte = i * bytes_; byte < (i + 1) * bytes_; ++byte)
            if (memory_.as<uint8_t>()[byte] != kUntouched) return false;
        return true;
    }

    void* at(ptrdiff_t i) const {
        return const_cast<char*>(memory_.as<char>()) + i * static_cast<ptrdiff_t>(bytes_);
    }

  private:
    size_t bytes_;
    Buffer memory_;
};

std::vector<uint8_t> random_values(ptrdiff_t count) {
    std::vector<uint8_t> values(static_cast<size_t>(count));
    for (uint8_t& value : values) value = static_cast<uint8_t>(number(0, 255));
    return values;
}

// Which elements of an output belong to a channel, to padding, or to nobody.
enum class Role { kNobody, kPadding, kChannel };

bool equal(const Map& ours, const Map& theirs, const std::vector<Role>& roles, bool integer) {
    for (size_t i = 0; i < roles.size(); ++i) {
        const double difference = std::abs(ours.get(i) - theirs.get(i));
        const double allowed = integer ? 0 : 1e-4 * (1 + std::abs(theirs.get(i)));
        if (roles[i] == Role::kChannel && !(difference <= allowed)) return false;
        if (roles[i] == Role::kNobody && !ours.untouched(i)) return false;
    }
    return true;
}

// Whether a problem's result is the plain kernels'. `run` takes kernels and the output's map.
template <class Run>
bool agrees(const Isa& isa, bool integer, bool wide_out, const std::vector<Role>& roles,
            const Run& run) {
    const Isa* plain = isas();
    while ((plain + 1)->name) ++plain;
    const Kernels& ours = integer ? *isa.integer : *isa.real;
    const Kernels& theirs = integer ? *plain->integer : *plain->real;
    const size_t arena = integer ? 1 : 4;
    Map found(roles.size(), wide_out ? ours.wide_bytes : arena), expected(roles.size(), arena);
    {
        const Begun begun(ours);
        run(ours, found);
    }
    run(theirs, expected);
    return equal(found, expected, roles, integer);
}

// How much a product computes. The first rounds go through everything that fits in one tile.
struct Extent {
    int out, row, rows;
    bool shortcut;

    explicit Extent(int round) : rows(chance(50) ? 1 : number(2, 3)) {
        constexpr int kTails = 6, kHeights = 14;  // of 8 to 48 channels and 1 to 14 pixels
        if (round < 2 * kTails * kHeights) {
            out = 8 * (1 + round % kTails) - number(0, 7) + (chance(30) ? 48 : 0);
            row = 1 + round / kTails % kHeights;
            shortcut = round >= kTails * kHeights;
        } else {
            out = number(1, chance(50) ? 200 : 64);
            row = number(1, 45);
            shortcut = chance(40);
        }
    }
};

bool gemm_agrees(const Isa& isa, int round, bool integer, std::string& what) {
    const auto [out, row, rows, shortcut] = Extent(round);
    const int m = row * rows;
    const int segments = number(1, 3), length = number(1, chance(30) ? 90 : 30);
    const int panels = (padded(out) + 47) / 48;
    const int first = chance(30) ? number(0, panels - 1) : 0;
    const int n0 = 48 * first, n = chance(30) ? std::min(48, padded(out) - n0) : padded(out) - n0;
    const int a_stride = number(1, 3) * 4;
    const int c_stride = n + number(0, 2) * 8, row_stride = row * c_stride + number(0, 40);
    const bool wide = !shortcut && chance(50);
    what = written("gemm %d+%d of %d, k %dx%d, %d pixels in rows of %d, shortcut %d", n0, n, out,
                   segments, length, m, row, shortcut);
    const RandomLayer layer(integer, out, segments * length, shortcut);
    std::vector<int32_t> offsets;
    for (int i = 0; i < segments; ++i) offsets.push_back(number(0, 50));
    const std::vector<uint8_t> source = random_values(m * a_stride + 50 + length);
    const std::vector<uint8_t> residual = random_values(m * c_stride);
    Sum sum;
    sum.shift = chance(80) ? number(19, 22) : number(1, kMaxShift);
    // Factors with few bits make many halves.
    const int mask = chance(30) ? -1 << 18 : -1;
    sum.first = number(0, kMaxFactor) & mask, sum.second = number(0, kMaxFactor) & mask;
    sum.first_zero_point = number(0, 255), sum.second_zero_point = number(0, 255);
    sum.out_zero_point = number(0, 255);
    sum.clamp = chance(50) ? Clamp{0, 255} : Clamp{20, 200};
    std::vector<Role> roles(static_cast<size_t>((rows + 1) * row_stride));
    for (int pixel = 0; pixel < m; ++pixel)
        for (int c = 0; c < n; ++c)
            roles[static_cast<size_t>(pixel / row * row_stride + pixel % row * c_stride + c)] =
                n0 + c < out ? Role::kChannel : Role::kPadding;
    return agrees(isa, integer, wide, roles, [&](const Kernels& kernels, Map& c) {
        std::vector<char> block;
        const Packed packed = layer.packed(kernels, false, length, offsets, block);
        const Map a(source, kernels.wide_bytes), r(residual, integer ? 1 : 4);
        Gemm g;
        g.weights = &packed;
        g.n0 = n0, g.n = n, g.m = m;
        g.a = a.at(0), g.a_stride = a_stride;
        g.c = c.at(0), g.c_stride = c_stride;
        g.wide_c = wide;
        g.row = row, g.row_stride = row_stride;
        if (shortcut) g.residual = r.at(0), g.residual_stride = c_stride, g.sum = &sum;
        kernels.gemm(g);
    });
}

bool depthwise_agrees(const Isa& isa, int, bool integer, std::string& what) {
    const int out = number(1, chance(30) ? 200 : 80);
    const bool in_panels = chance(40);
    const int n0 = in_panels ? 48 * number(0, (padded(out) - 1) / 48) : 0;
    const int n = in_panels ? std::min(48, padded(out) - n0) : padded(out);
    const int panel = in_panels ? 48 : n, stride = number(1, 3), dilation = number(1, 3);
    const int rows = number(1, 3), width = number(1, 12);
    const int in_rows = (rows - 1) * stride + 2 * dilation + 1;
    const int in_width = (width - 1) * stride + 2 * dilation + 1;
    const int out_stride = n + number(0, 3) * 8, out_row = width * out_stride + number(0, 20);
    const bool wide = chance(50);
    what = written("depthwise %d+%d of %d, %dx%d, stride %d, dilation %d", n0, n, out, rows, width,
                   stride, dilation);
    const RandomLayer layer(integer, out, 9);
    const std::vector<uint8_t> source = random_values(in_rows * in_width * panel);
    std::vector<Role> roles(static_cast<size_t>(rows * out_row));
    for (int y = 0; y < rows; ++y)
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < n; ++c)
                roles[static_cast<size_t>(y * out_row + x * out_stride + c)] =
                    n0 + c < out ? Role::kChannel : Role::kPadding;
    return agrees(isa, integer, wide, roles, [&](const Kernels& kernels, Map& to) {
        std::vector<char> block;
        const Packed packed = layer.packed(kernels, true, 9, {0}, block);
        const Map from(source, kernels.wide_bytes);
        std::vector<const void*> taps;
        for (int y = 0; y < rows; ++y)
            for (int tap = 0; tap < 3; ++tap)
                taps.push_back(from.at((y * stride + tap * dilation) * in_width * panel));
        Depthwise d;
        d.weights = &packed;
        d.n0 = n0, d.n = n;
        d.rows = rows, d.width = width;
        d.taps = taps.data();
        d.x_stride = stride * panel, d.tap_stride = dilation * panel;
        d.out = to.at(0), d.wide_out = wide;
        d.out_stride = out_stride, d.out_row_stride = out_row;
        kernels.depthwise(d);
    });
}

// What it counts goes with the rounds; how fast that is, no test can know.
bool peak_counts(const Isa& isa, int round, bool integer, std::string& what) {
    const auto peak = (integer ? isa.integer : isa.real)->peak;
    if (!peak) return true;
    what = written("peak of %d rounds", round);
    return peak(1) > 0 && peak(round) == round * peak(1);
}

}  // namespace
}  // namespace mnv2

int main(int count, char** arguments) {
    using namespace mnv2;
    random_bits.seed(count > 1 ? static_cast<unsigned>(std::atoi(arguments[1])) : 0);
    const int rounds = count > 2 ? std::atoi(arguments[2]) : 100;
    int problems = 0, differing = 0;
    for (const Isa* isa = isas(); isa->name; ++isa)
        for (int round = 0; round < rounds; ++round)
            for (const bool integer : {false, true})
                for (const auto agree : {gemm_agrees, depthwise_agrees, peak_counts}) {
                    std::string what;
                    ++problems;
                    if (agree(*isa, round, integer, what)) continue;
                    ++differing;
                    std::printf("%s %s: %s\n", isa->name, integer ? "uint8" : "float32",
                                what.c_str());
                }
    std::printf("%d of %d problems differ\n", differing, problems);
    return differing != 0;
}
