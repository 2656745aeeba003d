// Steps without weights: add, pool, resize, concat. They take a percent of a network's time, and
// stay in plain loops that compilers vectorize.

#include "maps.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace mnv2 {
namespace {

constexpr int kPiecePixels = 256;  // enough for a piece to be worth its taking

float rounded(float value) { return std::nearbyint(value); }

// In this order of arguments what is not a number becomes the low end.
uint8_t to_byte(float value, float low, float high) {
    return static_cast<uint8_t>(std::min(std::max(low, value), high));
}

float clamped(float value, const Clamp& clamp) {
    return std::min(std::max(value, clamp.low), clamp.high);
}

// The same real number in steps of another scale; a change of 256 is none.
uint8_t changed(int stored, int change, const Tensor& from, const Tensor& into) {
    const int steps = ((stored - from.zero_point) * change + 128) >> 8;
    return static_cast<uint8_t>(std::clamp(steps + into.zero_point, 0, 255));
}

template <class T>
const T* at(const Context& context, int tensor, size_t pixel = 0) {
    return static_cast<const T*>(context.source(tensor)) +
           pixel * static_cast<size_t>(context.tensor(tensor).pitch);
}

template <class T>
T* to(const Context& context, int tensor, size_t pixel = 0) {
    return static_cast<T*>(context.target(tensor)) +
           pixel * static_cast<size_t>(context.tensor(tensor).pitch);
}

// Linear interpolation along one axis: two neighbors and how much of the second.
struct Place {
    int low, high;
    float fraction;
};

Place place(int index, int size, int length, bool corners) {
    double position = 0;
    if (corners) {
        if (size > 1) position = index * (static_cast<double>(length - 1) / (size - 1));
    } else {
        position = (index + 0.5) * (static_cast<double>(length) / size) - 0.5;
    }
    position = std::clamp(position, 0.0, static_cast<double>(length - 1));
    const int low = std::min(static_cast<int>(position), length - 1);
    return {low, std::min(low + 1, length - 1), static_cast<float>(position - low)};
}

template <class T>
void resize_row(const Step& s, const Context& context, int y) {
    const Tensor &from = context.tensor(s.sources[0]), &into = context.tensor(s.target);
    const float zero = std::is_same_v<T, uint8_t> ? static_cast<float>(from.zero_point) : 0;
    const Place row = place(y, into.height, from.height, s.corners);
    const size_t width = static_cast<size_t>(from.width);
    const T* above = at<T>(context, s.sources[0], static_cast<size_t>(row.low) * width);
    const T* below = at<T>(context, s.sources[0], static_cast<size_t>(row.high) * width);
    for (int x = 0; x < into.width; ++x) {
        const Place column = place(x, into.width, from.width, s.corners);
        T* out = to<T>(context, s.target,
                       static_cast<size_t>(y) * static_cast<size_t>(into.width) +
                           static_cast<size_t>(x));
        const int left = column.low * from.pitch, right = column.high * from.pitch;
        for (int c = 0; c < into.pitch; ++c) {
            // Rows first, then columns, in the reference's order of operations.
            const float a = static_cast<float>(above[left + c]) - zero;
            const float b = static_cast<float>(above[right + c]) - zero;
            const float at_left =
                a + (static_cast<float>(below[left + c]) - zero - a) * row.fraction;
            const float at_right =
                b + (static_cast<float>(below[right + c]) - zero - b) * row.fraction;
            const float value = at_left + (at_right - at_left) * column.fraction;
            if constexpr (std::is_same_v<T, uint8_t>)
                out[c] = to_byte(rounded(value * s.factor) +
                                     static_cast<float>(into.zero_point), 0, 255);
            else
                out[c] = value;
        }
    }
}

// One pooled pixel. Padding is no part of the window.
struct Window {
    int top, bottom, left, right;
    Window(const Step& s, const Tensor& from, int y, int x) {
        top = std::max(0, y * s.stride - s.pad_top);
        left = std::max(0, x * s.stride - s.pad_left);
        bottom = std::min(from.height, y * s.stride - s.pad_top + s.kernel_height);
        right = std::min(from.width, x * s.stride - s.pad_left + s.kernel_width);
    }
    int count() const { return (bottom - top) * (right - left); }
};

template <class T>
void pool(const Step& s, const Context& context) {
    const Tensor &from = context.tensor(s.sources[0]), &into = context.tensor(s.target);
    const Share channels(into.pitch, context.thread, context.threads(), kPitchMultiple);
    for (int y = 0; y < into.height; ++y)
        for (int x = 0; x < into.width; ++x) {
            const Window window(s, from, y, x);
            T* out = to<T>(context, s.target,
                           static_cast<size_t>(y * into.width) + static_cast<size_t>(x));
            for (int c = channels.begin; c < channels.end; ++c) {
                float total = 0, largest = -INFINITY;
                for (int row = window.top; row < window.bottom; ++row)
                    for (int column = window.left; column < window.right; ++column) {
                        const float value = static_cast<float>(
                            at<T>(context, s.sources[0],
                                  static_cast<size_t>(row * from.width + column))[c]);
                        total += value;
                        // What is not a number stays visible.
                        if (!(largest >= value) && !std::isnan(largest)) largest = value;
                    }
                const float count = static_cast<float>(window.count());
                const auto mean = static_cast<float>(
                    double{from.scale} / (static_cast<double>(count) * into.scale));
                if constexpr (std::is_same_v<T, uint8_t>) {
                    const float zero = static_cast<float>(from.zero_point);
                    // Sums of bytes stay below 2^24 for maps up to 256 x 256: exact in a float.
                    out[c] = s.average
                                 ? to_byte(rounded((total - count * zero) * mean) +
                                               static_cast<float>(into.zero_point), 0, 255)
                                 : changed(static_cast<int>(largest), s.changes[0], from, into);
                } else {
                    out[c] = s.average ? total / count : largest;
                }
            }
        }
}

// Pixels [begin, end) of a target.
template <class T>
void concat(const Step& s, const Context& context, int begin, int end) {
    const Tensor& into = context.tensor(s.target);
    int first = 0;
    for (size_t part = 0; part < s.sources.size(); ++part) {
        const Tensor& from = context.tensor(s.sources[part]);
        for (int pixel = begin; pixel < end; ++pixel) {
            const T* in = at<T>(context, s.sources[part], static_cast<size_t>(pixel));
            T* out = to<T>(context, s.target, static_cast<size_t>(pixel)) + first;
            for (int c = 0; c < from.channels; ++c) {
                if constexpr (std::is_same_v<T, uint8_t>)
                    out[c] = changed(in[c], s.changes[part], from, into);
                else
                    out[c] = in[c];
            }
        }
        first += from.channels;
    }
    // An earlier picture may have left what is not a number here, and that times zero is none.
    const size_t padding = static_cast<size_t>(into.pitch - first);
    for (int pixel = begin; pixel < end; ++pixel)
        std::memset(to<T>(context, s.target, static_cast<size_t>(pixel)) + first, 0,
                    padding * sizeof(T));
}

template <class T>
void add(const Step& s, const Context& context, int begin, int end) {
    const Tensor& into = context.tensor(s.target);
    const size_t pixel = static_cast<size_t>(begin);
    const size_t count = static_cast<size_t>(end - begin) * static_cast<size_t>(into.pitch);
    const T* first = at<T>(context, s.sources[0], pixel);
    const T* second = at<T>(context, s.sources[1], pixel);
    T* out = to<T>(context, s.target, pixel);
    for (size_t i = 0; i < count; ++i) {
        if constexpr (std::is_same_v<T, uint8_t>) {
            out[i] = static_cast<uint8_t>(s.sum(first[i], second[i]));
        } else {
            out[i] = clamped(first[i] + second[i], s.sum.clamp);
        }
    }
}

}  // namespace

void run_add(const Step& step, Context& context) {
    const int pixels = static_cast<int>(context.tensor(step.target).pixels());
    context.share(pixels, kPiecePixels, [&](int begin, int end) {
        context.network.integer() ? add<uint8_t>(step, context, begin, end)
                                  : add<float>(step, context, begin, end);
    });
}
void run_pool(const Step& step, Context& context) {
    context.network.integer() ? pool<uint8_t>(step, context) : pool<float>(step, context);
}
void run_resize(const Step& step, Context& context) {
    context.share(context.tensor(step.target).height, 4, [&](int begin, int end) {
        for (int y = begin; y < end; ++y)
            context.network.integer() ? resize_row<uint8_t>(step, context, y)
                                      : resize_row<float>(step, context, y);
    });
}
void run_concat(const Step& step, Context& context) {
    const int pixels = static_cast<int>(context.tensor(step.target).pixels());
    context.share(pixels, kPiecePixels, [&](int begin, int end) {
        context.network.integer() ? concat<uint8_t>(step, context, begin, end)
                                  : concat<float>(step, context, begin, end);
    });
}

}  // namespace mnv2
