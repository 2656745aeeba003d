// Any dense convolution alone: the stem, the last 1x1, SSD's extra layers, predictors, ASPP.
//
// A 1x1 convolution reads its source as it is. For anything larger, the rows that a block of output
// rows needs are copied with their padding; after that a window's rows are segments of neighboring
// numbers and the convolution is a matrix product that never gathers a window.

#include <algorithm>
#include <cmath>

#include "wide.h"

namespace mnv2 {
namespace {

constexpr int kBlockRows = 8;     // output rows whose source rows are copied at once
constexpr int kBlockPixels = 96;  // pixels of a 1x1 convolution that are widened at once

bool pointwise(const Layer& l) {
    return l.kernel_height == 1 && l.kernel_width == 1 && l.stride == 1 && !l.pad_top &&
           !l.pad_left;
}

int block_source_rows(const Layer& l) { return (kBlockRows - 1) * l.stride + l.reach_height(); }

Gemm gemm_to(const Step& s, const PackedStep& packed, const Context& context, size_t pixel,
             int pixels, const Share& channels) {
    const Tensor& to = context.tensor(s.target);
    const size_t element = context.network.element_bytes();
    const size_t at =
        pixel * static_cast<size_t>(to.pitch) + static_cast<size_t>(channels.begin);
    Gemm gemm;
    gemm.weights = &packed.project;
    gemm.n0 = channels.begin;
    gemm.n = channels.size();
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
    const int pixels = static_cast<int>(from.pixels());
    // Where there are more channels than pixels the weights are what costs: share those out.
    const bool by_channel = packed.project.padded >= pixels;
    const int threads = context.threads();
    const Share channels = by_channel
                               ? Share(packed.project.padded, context.thread, threads, 48)
                               : Share(packed.project.padded, 0, 1);
    const Share share = by_channel ? Share(pixels, 0, 1) : Share(pixels, context.thread, threads, 4);
    if (channels.size() <= 0) return;
    const int block = context.widens() ? kBlockPixels : std::max(1, share.size());
    for (int begin = share.begin; begin < share.end; begin += block) {
        const int count = std::min(block, share.end - begin);
        const size_t at = static_cast<size_t>(begin) * static_cast<size_t>(from.pitch);
        const void* a = advance(context.source(s.sources[0]), at, context.network.element_bytes());
        if (context.widens()) {
            widen(context, context.own(), a, static_cast<size_t>(count * from.pitch));
            a = context.own();
        }
        Gemm gemm = gemm_to(s, packed, context, static_cast<size_t>(begin), count, channels);
        gemm.a = a;
        gemm.a_stride = from.pitch;
        context.kernels().gemm(gemm);
    }
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

void run_windows(const Step& s, const PackedStep& packed, Context& context) {
    const Tensor &from = context.tensor(s.sources[0]), &to = context.tensor(s.target);
    const Layer& l = s.project;
    const int columns = padded_width(l, from, to);
    // Few rows cannot feed several threads; then they share the channels, and each copies the rows.
    const bool by_channel = to.height < 2 * context.threads();
    const int threads = context.threads();
    const Share rows = by_channel ? Share(to.height, 0, 1) : Share(to.height, context.thread, threads);
    const Share channels = by_channel
                               ? Share(packed.project.padded, context.thread, threads, 48)
                               : Share(packed.project.padded, 0, 1);
    if (channels.size() <= 0) return;
    const size_t row_elements = static_cast<size_t>(columns) * static_cast<size_t>(from.pitch);
    for (int begin = rows.begin; begin < rows.end; begin += kBlockRows) {
        const int count = std::min(kBlockRows, rows.end - begin);
        copy_rows(s, context, begin * l.stride - l.pad_top,
                  (count - 1) * l.stride + l.reach_height(), columns);
        for (int row = 0; row < count; ++row) {
            Gemm gemm = gemm_to(
                s, packed, context,
                static_cast<size_t>(begin + row) * static_cast<size_t>(to.width), to.width,
                channels);
            gemm.a = advance(context.own(), static_cast<size_t>(row * l.stride) * row_elements,
                             context.kernels().wide_bytes);
            gemm.a_stride = static_cast<ptrdiff_t>(l.stride) * from.pitch;
            context.kernels().gemm(gemm);
        }
    }
}

}  // namespace

Scratch convolution_scratch(const Step& s, const Network& network) {
    const Tensor& from = network.program.tensors[static_cast<size_t>(s.sources[0])];
    const Tensor& to = network.program.tensors[static_cast<size_t>(s.target)];
    const size_t bytes = network.kernels().wide_bytes;
    const size_t pitch = static_cast<size_t>(from.pitch);
    if (pointwise(s.project)) return {kBlockPixels * pitch * bytes, 0};
    return {static_cast<size_t>(block_source_rows(s.project)) *
                static_cast<size_t>(padded_width(s.project, from, to)) * pitch * bytes,
            0};
}

void run_convolution(const Step& step, const PackedStep& packed, Context& context) {
    if (pointwise(step.project))
        run_pointwise(step, packed, context);
    else
        run_windows(step, packed, context);
}

Scratch pooled_convolution_scratch(const Step& s, const Network& network) {
    const Tensor& from = network.program.tensors[static_cast<size_t>(s.sources[0])];
    const size_t pixels = from.pixels();
    return {pixels * (48 * network.element_bytes() +
                      static_cast<size_t>(from.pitch) * network.kernels().wide_bytes) +
                2 * (kSlack + kAlignment),
            0};
}

namespace {

// Means over the pixels of a panel [pixels][48], into channels [n0, n0 + n) of the target.
void mean_of_panel(const Step& s, const Context& context, const void* panel, size_t pixels, int n0,
                   int n) {
    const auto count = static_cast<float>(pixels);
    if (!context.network.integer()) {
        float sums[48] = {};
        const auto* values = static_cast<const float*>(panel);
        for (size_t pixel = 0; pixel < pixels; ++pixel)
            for (int c = 0; c < n; ++c) sums[c] += values[pixel * 48 + static_cast<size_t>(c)];
        auto* out = static_cast<float*>(context.target(s.target)) + n0;
        for (int c = 0; c < n; ++c) out[c] = sums[c] / count;
        return;
    }
    int32_t sums[48] = {};
    const auto* values = static_cast<const uint8_t*>(panel);
    for (size_t pixel = 0; pixel < pixels; ++pixel)
        for (int c = 0; c < n; ++c) sums[c] += values[pixel * 48 + static_cast<size_t>(c)];
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
    char* panel = carver.take(pixels * 48 * context.network.element_bytes());
    const Share share(packed.project.padded, context.thread, context.threads(), 48);
    for (int n0 = share.begin; n0 < share.end; n0 += 48) {
        Gemm gemm;
        gemm.weights = &packed.project;
        gemm.n0 = n0;
        gemm.n = std::min(48, share.end - n0);
        gemm.m = gemm.row = static_cast<int>(pixels);
        gemm.a = a;
        gemm.a_stride = from.pitch;
        gemm.c = panel;
        gemm.c_stride = 48;
        context.kernels().gemm(gemm);
        mean_of_panel(s, context, panel, pixels, n0, gemm.n);
    }
}

}  // namespace mnv2
