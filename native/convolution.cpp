// Any dense convolution alone: the stem, the last 1x1, SSD's extra layers, predictors, ASPP.
//
// A 1x1 convolution reads its source as it is. For anything larger, the rows that a block of output
// rows needs are copied with their padding; after that a window's rows are segments of neighboring
// numbers and the convolution is a matrix product that never gathers a window.

#include "convolution.h"

#include <algorithm>
#include <cmath>

#include "product.h"
#include "wide.h"

namespace mnv2 {
namespace {

constexpr int kBlockRows = 8;     // output rows whose source rows are copied at once
constexpr int kBlockPixels = 96;  // pixels of a 1x1 convolution that are widened at once

int block_source_rows(const Layer& l) { return (kBlockRows - 1) * l.stride + l.reach_height(); }

// Channels [n0, n0 + n) of `pixels` outputs from `pixel` on; what is multiplied is left open.
Gemm gemm_to(const Step& s, const PackedStep& packed, const Context& context, size_t pixel,
             int pixels, int n0, int n) {
    const Tensor& to = context.tensor(s.target);
    const size_t element = context.network.element_bytes();
    const size_t at = pixel * static_cast<size_t>(to.pitch) + static_cast<size_t>(n0);
    Gemm gemm;
    gemm.weights = &packed.project;
    gemm.n0 = n0;
    gemm.n = n;
    gemm.m = pixels;
    gemm.c = advance(context.target(s.target), at, element);
    gemm.c_stride = to.pitch;
    gemm.row = pixels;
    if (s.has_sum) {
        gemm.residual = advance(context.source(s.sources[1]), at, element);
        gemm.residual_stride = to.pitch;
        gemm.sum = &s.sum;
    }
    return gemm;
}

void run_pointwise(const Step& s, const PackedStep& packed, Context& context) {
    const Tensor& from = context.tensor(s.sources[0]);
    const size_t pitch = static_cast<size_t>(from.pitch);
    share_product(context, packed.project, static_cast<int>(from.pixels()),
                  [&](int first, int last, int n0, int n) {
        const int block = context.widens() ? kBlockPixels : last - first;
        for (int begin = first; begin < last; begin += block) {
            const int count = std::min(block, last - begin);
            Gemm gemm = gemm_to(s, packed, context, static_cast<size_t>(begin), count, n0, n);
            gemm.a = advance(context.source(s.sources[0]), static_cast<size_t>(begin) * pitch,
                             context.network.element_bytes());
            if (context.widens()) {
                widen(context, context.own(), gemm.a, static_cast<size_t>(count) * pitch);
                gemm.a = context.own();
            }
            gemm.a_stride = from.pitch;
            context.kernels().gemm(gemm);
        }
    });
}

// Source rows [begin, begin + rows), widened and padded; rows outside the map are padding.
void copy_rows(const Step& s, const Context& context, int begin, int rows, int columns) {
    const Tensor& from = context.tensor(s.sources[0]);
    const Layer& l = s.project;
    const size_t bytes = context.kernels().wide_bytes, pitch = static_cast<size_t>(from.pitch);
    const size_t left = static_cast<size_t>(l.pad_left) * pitch;
    const size_t inside = static_cast<size_t>(from.width) * pitch;
    const size_t whole = static_cast<size_t>(columns) * pitch;
    for (int row = 0; row < rows; ++row) {
        char* to = advance(context.own(), static_cast<size_t>(row) * whole, bytes);
        const int y = begin + row;
        if (y < 0 || y >= from.height) {
            fill(context, to, l.in_zero_point, whole);
            continue;
        }
        fill(context, to, l.in_zero_point, left);
        widen(context, advance(to, left, bytes),
              advance(context.source(s.sources[0]), static_cast<size_t>(y) * inside,
                      context.network.element_bytes()),
              inside);
        fill(context, advance(to, left + inside, bytes), l.in_zero_point, whole - left - inside);
    }
}

// Output rows [begin, end), at most kBlockRows, of channels [n0, n0 + n).
void window_block(const Step& s, const PackedStep& packed, const Context& context, int begin,
                 int end, int n0, int n) {
    const Tensor &from = context.tensor(s.sources[0]), &to = context.tensor(s.target);
    const Layer& l = s.project;
    const int columns = l.padded_width(from, to);
    const size_t row_elements = static_cast<size_t>(columns) * static_cast<size_t>(from.pitch);
    copy_rows(s, context, begin * l.stride - l.pad_top,
              (end - begin - 1) * l.stride + l.reach_height(), columns);
    for (int row = 0; row < end - begin; ++row) {
        Gemm gemm = gemm_to(s, packed, context,
                            static_cast<size_t>(begin + row) * static_cast<size_t>(to.width),
                            to.width, n0, n);
        gemm.a = advance(context.own(), static_cast<size_t>(row * l.stride) * row_elements,
                         context.kernels().wide_bytes);
        gemm.a_stride = static_cast<ptrdiff_t>(l.stride) * from.pitch;
        context.kernels().gemm(gemm);
    }
}

void window_rows(const Step& s, const PackedStep& packed, const Context& context, int first,
                 int last, int n0, int n) {
    for (int begin = first; begin < last; begin += kBlockRows)
        window_block(s, packed, context, begin, std::min(begin + kBlockRows, last), n0, n);
}

void run_windows(const Step& s, const PackedStep& packed, Context& context) {
    const Tensor& to = context.tensor(s.target);
    const int padded = packed.project.padded;
    // Few rows cannot feed several threads; then they share the channels, and each copies the rows.
    if (to.height < 2 * context.threads() && context.threads() > 1) {
        const Share channels(padded, context.thread, context.threads(), kPanel);
        if (channels.size() > 0)
            window_rows(s, packed, context, 0, to.height, channels.begin, channels.size());
        return;
    }
    const int64_t pixels = int64_t{to.height} * to.width;
    const bool pieces = worth_pieces(multiply_adds(packed.project, pixels));
    context.share(to.height, pieces ? kBlockRows : to.height, [&](int begin, int end) {
        window_rows(s, packed, context, begin, end, 0, padded);
    });
}

}  // namespace

Scratch convolution_scratch(const Step& s, const Network& network) {
    const Tensor& from = network.program.tensors[static_cast<size_t>(s.sources[0])];
    const Tensor& to = network.program.tensors[static_cast<size_t>(s.target)];
    const uint64_t pixel = static_cast<uint64_t>(from.pitch) * network.kernels().wide_bytes;
    if (s.project.pointwise()) return {kBlockPixels * pixel, 0};
    return {static_cast<uint64_t>(block_source_rows(s.project)) *
                static_cast<uint64_t>(s.project.padded_width(from, to)) * pixel,
            0};
}

void run_convolution(const Step& step, const PackedStep& packed, Context& context) {
    if (step.project.pointwise())
        run_pointwise(step, packed, context);
    else
        run_windows(step, packed, context);
}

Scratch pooled_convolution_scratch(const Step& s, const Network& network) {
    const Tensor& from = network.program.tensors[static_cast<size_t>(s.sources[0])];
    const uint64_t pixels = from.pixels();
    return {pixels * (kPanel * network.element_bytes() +
                      static_cast<uint64_t>(from.pitch) * network.kernels().wide_bytes) +
                2 * (kSlack + kAlignment),
            0};
}

namespace {

// Weights behind a layer's own, which its panels fetch on the side: those of a classifier are used
// but once, so that whoever begins to multiply them waits for memory and nothing else. No more than
// half of a second cache of 1 MB.
struct Later {
    static constexpr size_t kMost = size_t{1} << 19;
    const char* from;
    size_t bytes;  // of each panel's part

    Later(const Context& context, const Packed& own, int panels)
        : from(own.weights + round_up(context.kernels().dense_bytes(own), kAlignment)) {
        const Buffer& all = context.network.weights;
        bytes = std::min(kMost, static_cast<size_t>(all.as<char>() + all.bytes() - from)) /
                static_cast<size_t>(panels);
    }

    const char* part(int panel) const { return from + static_cast<size_t>(panel) * bytes; }
};

// Means over the pixels of a panel [pixels][kPanel], into channels [n0, n0 + n) of the target.
void mean_of_panel(const Step& s, const Context& context, const void* panel, size_t pixels, int n0,
                   int n) {
    const auto count = static_cast<float>(pixels);
    if (!context.network.integer()) {
        float sums[kPanel] = {};
        const auto* values = static_cast<const float*>(panel);
        for (size_t pixel = 0; pixel < pixels; ++pixel)
            for (int c = 0; c < n; ++c) sums[c] += values[pixel * kPanel + static_cast<size_t>(c)];
        auto* out = static_cast<float*>(context.target(s.target)) + n0;
        for (int c = 0; c < n; ++c) out[c] = sums[c] / count;
        return;
    }
    int32_t sums[kPanel] = {};
    const auto* values = static_cast<const uint8_t*>(panel);
    for (size_t pixel = 0; pixel < pixels; ++pixel)
        for (int c = 0; c < n; ++c) sums[c] += values[pixel * kPanel + static_cast<size_t>(c)];
    auto* out = static_cast<uint8_t*>(context.target(s.target)) + n0;
    const int32_t zero = s.sum.first_zero_point * static_cast<int32_t>(pixels);
    const auto factor = static_cast<float>(
        double{s.factor} / (static_cast<double>(pixels) * context.tensor(s.target).scale));
    for (int c = 0; c < n; ++c) {
        const float mean = std::nearbyint(static_cast<float>(sums[c] - zero) * factor) +
                           static_cast<float>(context.tensor(s.target).zero_point);
        out[c] = static_cast<uint8_t>(std::min(std::max(mean, 0.0f), 255.0f));
    }
}

}  // namespace

void run_pooled_convolution(const Step& s, const PackedStep& packed, Context& context) {
    const Tensor& from = context.tensor(s.sources[0]);
    const size_t pixels = from.pixels();
    Carver carver(context.own());
    const void* a = context.source(s.sources[0]);
    if (context.widens()) {
        char* wide = carver.take(pixels * static_cast<size_t>(from.pitch) *
                                 context.kernels().wide_bytes);
        widen(context, wide, a, pixels * static_cast<size_t>(from.pitch));
        a = wide;
    }
    char* panel = carver.take(pixels * kPanel * context.network.element_bytes());
    const int channels = packed.project.padded, panels = (channels + kPanel - 1) / kPanel;
    const Later later(context, packed.project, panels);
    context.share(panels, 1, [&](int number, int) {
        const int n0 = number * kPanel;
        Gemm gemm;
        gemm.weights = &packed.project;
        gemm.n0 = n0;
        gemm.n = std::min(kPanel, channels - n0);
        gemm.m = gemm.row = static_cast<int>(pixels);
        gemm.a = a;
        gemm.a_stride = from.pitch;
        gemm.c = panel;
        gemm.c_stride = kPanel;
        gemm.later = later.part(number);
        gemm.later_bytes = later.bytes;
        context.kernels().gemm(gemm);
        mean_of_panel(s, context, panel, pixels, n0, gemm.n);
    });
}

}  // namespace mnv2
