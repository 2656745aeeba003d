// How a matrix product is shared out: by channels where weights are what costs, else by pixels.
#pragma once

#include "network.h"

namespace mnv2 {

constexpr int kPanel = 48;        // channels that every family can work on apart from the others
constexpr int kPiecePixels = 48;  // about as many pixels in a piece: the sums of several tiles

// Calls work(begin, end, n0, n) for blocks of pixels [begin, end) and channels [n0, n0 + n) until
// the product is complete, some of them here. On small maps each thread reads its own part of the
// weights, which are larger than the map and seldom in a core's cache; on large ones its own part
// of the map.
template <class Work>
void share_product(Context& context, int channels, int pixels, const Work& work) {
    if (context.threads() == 1) return work(0, pixels, 0, channels);
    constexpr int kSmall = 1024;
    const int pieces = (pixels + kPiecePixels - 1) / kPiecePixels;
    // Even pieces: one of a single pixel would be summed up in another order than the others.
    if (pixels > kSmall)
        return context.share(pieces, 1, [&](int piece, int) {
            const Share share(pixels, piece, pieces);
            work(share.begin, share.end, 0, channels);
        });
    const int panels = (channels + kPanel - 1) / kPanel;
    context.share(panels * pieces, 1, [&](int unit, int) {
        const Share share(pixels, unit % pieces, pieces);
        const int n0 = unit / pieces * kPanel;
        work(share.begin, share.end, n0, channels - n0 < kPanel ? channels - n0 : kPanel);
    });
}

}  // namespace mnv2
