#include "resample.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace mnv2 {
namespace {

double reach(Filter filter) { return filter == Filter::kBilinear ? 1 : 2; }

// Keys' kernel with a of -1/2, or a triangle. The order of operations is Pillow's: it decides bits.
double weight(Filter filter, double distance) {
    const double x = std::abs(distance);
    if (filter == Filter::kBilinear) return x < 1 ? 1 - x : 0;
    constexpr double a = -0.5;
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

int32_t in_bits(double share) {
    const double scaled = share * (1 << kWeightBits);
    return static_cast<int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

// Shares of one place's neighbors, whose sum is 1.
void share_out(Filter filter, double center, double narrow, int first, std::vector<double>& shares) {
    double sum = 0, at = first;
    for (double& share : shares) {
        share = weight(filter, (at - center + 0.5) * narrow);
        sum += share;
        ++at;
    }
    if (sum != 0)
        for (double& share : shares) share /= sum;
}

// The kernels of a set, or the plain ones for what these do not take.
class Passes {
  public:
    Passes(const Resampling& set, const Resample& r)
        : columns_(make_taps(r.filter, r.width, r.box[0], r.box[2], r.out_width, set.group)),
          rows_(make_taps(r.filter, r.height, r.box[1], r.box[3], r.out_height, 1)),
          across_(columns_.taps % set.group == 0 ? set : kScalarResampling),
          down_(3 * std::min(r.width, r.out_width) >= set.least_down ? set : kScalarResampling) {
        if (across_.pack) across_.pack(columns_);
    }

    const Taps& rows() const { return rows_; }

    void across(const uint8_t* row, uint8_t* out) const { across_.across(row, columns_, out); }

    // The result's row `y`, of rows that `row_of` finds.
    template <class RowOf>
    void down(int y, const RowOf& row_of, size_t bytes, uint8_t* out) {
        const size_t place = static_cast<size_t>(y);
        const int count = rows_.count[place];
        sources_.clear();
        for (int i = 0; i < count; ++i) sources_.push_back(row_of(rows_.first[place] + i));
        const int32_t* weights = &rows_.weights[place * static_cast<size_t>(rows_.taps)];
        down_.down(sources_.data(), weights, count, static_cast<int>(bytes), out);
    }

  private:
    Taps columns_, rows_;
    const Resampling& across_;
    const Resampling& down_;
    std::vector<const uint8_t*> sources_;
};

}  // namespace

Taps make_taps(Filter filter, int size, float from, float to, int places, int group) {
    const double scale = static_cast<double>(to - from) / places;
    const double stretch = std::max(scale, 1.0);  // of pictures made smaller all pixels count
    const double support = reach(filter) * stretch;
    const size_t count = static_cast<size_t>(places);
    const auto center_of = [&](size_t place) {
        return from + (static_cast<double>(place) + 0.5) * scale;
    };
    Taps made;
    made.first.resize(count);
    made.count.resize(count);
    for (size_t place = 0; place < count; ++place) {
        const double center = center_of(place);
        made.first[place] = std::max(0, static_cast<int>(center - support + 0.5));
        const int end = std::min(size, static_cast<int>(center + support + 0.5));
        made.count[place] = end - made.first[place];
        made.taps = std::max(made.taps, made.count[place]);
    }
    made.taps = std::min(size, (made.taps + group - 1) / group * group);
    made.weights.resize(count * static_cast<size_t>(made.taps));
    std::vector<double> shares;
    for (size_t place = 0; place < count; ++place) {
        shares.resize(static_cast<size_t>(made.count[place]));
        share_out(filter, center_of(place), 1 / stretch, made.first[place], shares);
        // Near the end the taps begin earlier: none lies beyond it.
        const int early = std::max(0, made.first[place] + made.taps - size);
        int32_t* to_weights = made.weights.data() + place * static_cast<size_t>(made.taps) + early;
        std::transform(shares.begin(), shares.end(), to_weights, in_bits);
        made.first[place] -= early;
        made.count[place] += early;
    }
    return made;
}

void resample(const Resampling& set, const Resample& r) {
    Passes passes(set, r);
    const size_t pitch = 4 * static_cast<size_t>(r.width);
    const size_t bytes = 3 * static_cast<size_t>(r.out_width);
    const auto pixels = [&](int row) { return r.pixels + static_cast<size_t>(row) * pitch; };
    uint8_t* out = r.out;
    if (r.down_first) {
        std::vector<uint8_t> row(pitch), narrow(bytes + kRowSlack);
        for (int y = 0; y < r.out_height; ++y, out += bytes) {
            passes.down(y, pixels, pitch, row.data());
            passes.across(row.data(), narrow.data());
            std::memcpy(out, narrow.data(), bytes);
        }
        return;
    }
    // As many rows as one of the result is made of, each in the place of one that is done with.
    const Taps& rows = passes.rows();
    std::vector<uint8_t> ring((bytes + kRowSlack) * static_cast<size_t>(rows.taps));
    const auto kept = [&](int row) {
        return ring.data() + (bytes + kRowSlack) * static_cast<size_t>(row % rows.taps);
    };
    int next = 0;
    for (int y = 0; y < r.out_height; ++y, out += bytes) {
        const int first = rows.first[static_cast<size_t>(y)];
        const int end = first + rows.count[static_cast<size_t>(y)];
        for (next = std::max(next, first); next < end; ++next)
            passes.across(pixels(next), kept(next));
        passes.down(y, kept, bytes, out);
    }
}

}  // namespace mnv2
