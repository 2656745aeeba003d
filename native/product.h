// How much work a step is, and how a matrix product is shared out.
#pragma once

#include <algorithm>

#include "context.h"

namespace mnv2 {

constexpr int kPanel = 48;        // channels that every family can work on apart from the others
constexpr int kPiecePixels = 48;  // about as many pixels in a piece: the sums of several tiles

inline int64_t multiply_adds(const Packed& packed, int64_t pixels) {
    return pixels * packed.k() * packed.padded;
}

// Of an inverted residual; of a depthwise convolution alone, the others are empty.
inline int64_t work_of(const PackedStep& packed, const Tensor& from, const Tensor& to) {
    const auto before = static_cast<int64_t>(from.pixels()), after = static_cast<int64_t>(to.pixels());
    return multiply_adds(packed.expand, before) + multiply_adds(packed.depthwise, after) +
           multiply_adds(packed.project, after);
}

// Whether threads may take over one another's pieces. Below, a step takes 25 us on each of two
// threads; what one would wait for the other is then less than what a stolen piece costs: rows that
// are expanded twice, and another core's cache. Width 0.35 at 96 would take 9 % longer. Tests set
// another bound, to see small networks in pieces.
#ifndef MNV2_PIECES_FROM
#define MNV2_PIECES_FROM 2000000
#endif
inline bool worth_pieces(int64_t multiply_adds) { return multiply_adds >= MNV2_PIECES_FROM; }

// Calls work(begin, end, n0, n) for blocks of pixels [begin, end) and channels [n0, n0 + n) until
// the product is complete, some of them here. Each thread has its own part of the pixels, but on
// small maps that are much work (7x7; of 14x14 it would be 2 % slower), and where pixels are too
// few, its own part of the weights: there they are what has to be fetched, and widened where they
// are narrow.
template <class Work>
void share_product(Context& context, const Packed& packed, int pixels, const Work& work) {
    constexpr int kSmall = 128;
    const int channels = packed.padded, threads = context.threads();
    if (threads == 1) return work(0, pixels, 0, channels);
    const bool apart = worth_pieces(multiply_adds(packed, pixels));
    if (pixels >= 2 * threads && (pixels > kSmall || !apart)) {
        const int pieces = threads * (apart ? std::max(1, pixels / threads / kPiecePixels) : 1);
        return context.share(pieces, 1, [&](int piece, int) {
            const Share share(pixels, piece, pieces);
            work(share.begin, share.end, 0, channels);
        });
    }
    const int panels = (channels + kPanel - 1) / kPanel;
    const int pieces = (pixels + kPiecePixels - 1) / kPiecePixels;
    context.share(panels * pieces, 1, [&](int unit, int) {
        const Share share(pixels, unit % pieces, pieces);
        const int n0 = unit / pieces * kPanel;
        work(share.begin, share.end, n0, channels - n0 < kPanel ? channels - n0 : kPanel);
    });
}

}  // namespace mnv2
