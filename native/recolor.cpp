#include "recolor.h"

#include <vector>

namespace mnv2 {
namespace {

// In Pillow's order of operations: it decides bits.
uint8_t changed(const float* m, const uint8_t* from) {
    const float sum = m[0] * from[0] + m[1] * from[1] + m[2] * from[2] + m[3] + 0.5f;
    return sum <= 0 ? 0 : sum >= 255 ? 255 : static_cast<uint8_t>(sum);
}

// Places along a side, added up as Pillow does: their last bits decide between two pixels.
std::vector<size_t> places(int size, int every) {
    const int count = (size + every - 1) / every;
    const double step = static_cast<double>(size) / count;
    std::vector<size_t> found;
    double at = step * 0.5;
    for (int i = 0; i < count; ++i, at += step)
        if (at < size) found.push_back(static_cast<size_t>(at));
    return found;
}

}  // namespace

void recolor_plainly(const uint8_t* row, size_t pixels, const ColorMatrix& matrix, bool mirrored,
                     uint8_t* out) {
    for (size_t x = 0; x < pixels; ++x, row += 3) {
        uint8_t* to = out + 3 * (mirrored ? pixels - 1 - x : x);
        for (int color = 0; color < 3; ++color) to[color] = changed(matrix + 4 * color, row);
    }
}

int64_t add_up(const uint8_t* pixels, int width, int height, int every, int64_t sums[3]) {
    const std::vector<size_t> rows = places(height, every), columns = places(width, every);
    sums[0] = sums[1] = sums[2] = 0;
    for (const size_t row : rows) {
        const uint8_t* begin = pixels + 3 * static_cast<size_t>(width) * row;
        for (const size_t column : columns)
            for (size_t color = 0; color < 3; ++color) sums[color] += begin[3 * column + color];
    }
    return static_cast<int64_t>(rows.size() * columns.size());
}

}  // namespace mnv2
