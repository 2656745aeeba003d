// The shapes of an inverted residual's run, and the memory that one thread works in.
#pragma once

#include <algorithm>

#include "wide.h"

namespace mnv2 {

// Everything that follows from a step's shapes.
struct Geometry {
    int height, width, out_height, out_width;
    int inner, pitch;  // expanded channels, and the same rounded up to 8
    int panel;         // of them, how many the ring holds
    int rows;          // output rows of a strip
    int capacity;      // rows of the ring
    int ring_width;    // columns of the ring, padding included
    bool whole;        // one strip: panels, not strips, are shared out

    Geometry(const Step& s, const Program& program) {
        const Tensor& from = program.tensors[static_cast<size_t>(s.sources[0])];
        const Tensor& to = program.tensors[static_cast<size_t>(s.target)];
        const Layer& l = s.depthwise;
        height = from.height, width = from.width;
        out_height = to.height, out_width = to.width;
        inner = l.in;
        pitch = static_cast<int>(round_up(static_cast<size_t>(inner), kPitchMultiple));
        const bool alone = s.kind == Kind::kDepthwise;
        panel = alone ? pitch : s.panel;
        rows = std::min(alone ? 4 : s.rows, out_height);
        whole = rows == out_height;
        const int reached = (rows - 1) * l.stride + l.reach_height();
        capacity = std::min(reached, height);
        ring_width = l.padded_width(from, to);
    }

    uint64_t ring_row() const {
        return static_cast<uint64_t>(ring_width) * static_cast<uint64_t>(panel);
    }
    // Where row y of the map begins, while the ring holds it.
    size_t row_at(int y) const {
        return static_cast<size_t>(static_cast<uint64_t>(y % capacity) * ring_row());
    }
    uint64_t strip_pixels() const {
        return static_cast<uint64_t>(rows) * static_cast<uint64_t>(out_width);
    }
};

// A thread's own memory of this step. `bytes` of an element; nothing is allocated here.
struct Memory {
    char *ring, *padding, *strip, *source;
    const void** taps;

    Memory(const Geometry& g, const Tensor& from, bool expand, bool project, bool widens,
           size_t bytes, Carver& own, Carver& shared) {
        ring = own.take(static_cast<uint64_t>(g.capacity) * g.ring_row() * bytes);
        padding = own.take(g.ring_row() * bytes);
        taps = reinterpret_cast<const void**>(
            own.take(3 * static_cast<uint64_t>(g.rows) * sizeof(void*)));
        Carver& place = g.whole ? shared : own;
        strip = project ? place.take(g.strip_pixels() * static_cast<uint64_t>(g.pitch) * bytes)
                        : nullptr;
        const auto rows = static_cast<uint64_t>(g.whole ? g.height : g.capacity);
        source = expand && widens
                     ? place.take(rows * static_cast<uint64_t>(g.width * from.pitch) * bytes)
                     : nullptr;
    }
};

}  // namespace mnv2
