// Expand, depthwise and project as one step: section 5.1's bottleneck operator. The expanded tensor
// never exists as a whole.
//
// Large maps are worked off in strips of a few output rows. A ring holds just those expanded rows
// that the strip's windows reach, and rows that the next strip needs again stay in it:
//
//      source rows --expand--> ring [rows][width + padding][channels] --depthwise--> strip --project--> target
//
// Small maps (20x20 and less) fit in the cache whole, but not with all their expanded channels at
// once: there the ring holds the whole map for one panel of 48 or 96 channels after the other, and
// the projection follows when all panels are through. On several threads, strips are shared out in
// the first case, halves of panels in the second.

#include "inverted_residual.h"

#include <algorithm>

#include "product.h"
#include "ring.h"

namespace mnv2 {
namespace {

class Run {
  public:
    Run(const Step& s, const PackedStep& packed, Context& context)
        : step_(s),
          packed_(packed),
          context_(context),
          from_(context.tensor(s.sources[0])),
          to_(context.tensor(s.target)),
          g_(s, context.network.program),
          bytes_(context.kernels().wide_bytes),
          own_(context.own()),
          shared_(context.shared()),
          apart_(worth_pieces(work_of(packed, from_, to_))),
          memory_(g_, from_, s.has_expand, projects(), context.widens(), bytes_, own_, shared_) {
        fill(context, memory_.padding, s.depthwise.in_zero_point,
             static_cast<size_t>(g_.ring_row()));
        pad_columns();
    }

    void operator()() {
        if (g_.whole)
            whole_map();
        else
            strips();
    }

  private:
    bool projects() const { return step_.kind == Kind::kInvertedResidual; }

    // The ring's columns left and right of the map never change.
    void pad_columns() {
        const size_t panel = static_cast<size_t>(g_.panel);
        const size_t left = static_cast<size_t>(step_.depthwise.pad_left);
        const size_t right = static_cast<size_t>(g_.ring_width - g_.width) - left;
        for (int row = 0; row < g_.capacity; ++row) {
            char* at = ring_row(row);
            fill(context_, at, step_.depthwise.in_zero_point, left * panel);
            fill(context_, advance(at, (left + static_cast<size_t>(g_.width)) * panel, bytes_),
                 step_.depthwise.in_zero_point, right * panel);
        }
    }

    char* ring_row(int y) const {
        return advance(memory_.ring, g_.row_at(y), bytes_);
    }

    // Source rows that output rows [begin, end) reach.
    int first_row(int begin) const {
        return std::max(0, begin * step_.depthwise.stride - step_.depthwise.pad_top);
    }
    int last_row(int end) const {
        const Layer& l = step_.depthwise;
        return std::min(g_.height, (end - 1) * l.stride - l.pad_top + l.reach_height());
    }

    void strips() {
        const int grain = apart_ ? g_.rows : g_.out_height;
        context_.share(g_.out_height, grain, [&](int first, int last) {
            for (int begin = first; begin < last; begin += g_.rows)
                strip(begin, std::min(begin + g_.rows, last));
        });
    }

    void strip(int begin, int end) {
        expand_for(begin, end, 0, g_.inner);
        depthwise_rows(begin, end, 0, g_.pitch);
        if (projects())
            project(static_cast<size_t>(begin) * static_cast<size_t>(g_.out_width), memory_.strip,
                    (end - begin) * g_.out_width, 0, packed_.project.padded);
    }

    void whole_map() {
        if (memory_.source) {
            context_.share(g_.height, 2, [&](int begin, int end) { widen_rows(begin, end); });
            context_.meet();
        }
        panels();
        if (!projects()) return;
        context_.meet();
        share_product(context_, packed_.project, g_.out_height * g_.out_width,
                      [&](int begin, int end, int n0, int n) {
                          const size_t pixel = static_cast<size_t>(begin);
                          project(pixel,
                                  advance(memory_.strip, pixel * static_cast<size_t>(g_.pitch),
                                          bytes_),
                                  end - begin, n0, n);
                      });
    }

    // Units are halves of panels, so that three panels are one and a half for each of two threads.
    void panels() {
        const int halves = context_.threads() == 1 ? 1 : 2;
        const int units = (g_.pitch + g_.panel - 1) / g_.panel * halves;
        context_.share(units, apart_ ? 1 : units, [&](int begin, int end) {
            while (begin < end) {
                const int panel = begin / halves, last = std::min(end, (panel + 1) * halves);
                panel_rows(panel, Share(g_.out_height, begin % halves, halves).begin,
                           Share(g_.out_height, (last - 1) % halves, halves).end);
                begin = last;
            }
        });
    }

    void panel_rows(int panel, int begin, int end) {
        if (begin == end) return;
        const int n0 = panel * g_.panel, n = std::min(g_.panel, g_.pitch - n0);
        expand_for(begin, end, n0, n);
        depthwise_rows(begin, end, n0, n);
    }

    // What output rows [begin, end) need of the expanded tensor and the ring does not hold yet.
    // Columns of single pixels are always made anew: one pixel is summed up in another order than
    // several, so how many there are must not depend on which thread was here before.
    void expand_for(int begin, int end, int n0, int n) {
        const bool goes_on = g_.width > 1 && n0 == ring_panel_ && begin == ring_next_;
        const int first = first_row(begin), last = last_row(end);
        expand_rows(goes_on ? std::max(first, ring_end_) : first, last, n0, n);
        ring_panel_ = n0, ring_next_ = end;
        ring_end_ = goes_on ? std::max(ring_end_, last) : last;
    }

    void widen_rows(int begin, int end) {
        const size_t row = static_cast<size_t>(g_.width * from_.pitch);
        for (int y = begin; y < end; ++y)
            widen(context_, source_row(y), source_map_row(y), row);
    }

    const char* source_map_row(int y) const {
        return advance(context_.source(step_.sources[0]),
                       static_cast<size_t>(y) * static_cast<size_t>(g_.width * from_.pitch),
                       context_.network.element_bytes());
    }

    char* source_row(int y) const {
        const int slot = g_.whole ? y : y % g_.capacity;
        return advance(memory_.source,
                       static_cast<size_t>(slot) * static_cast<size_t>(g_.width * from_.pitch),
                       bytes_);
    }

    // Rows [begin, end) of the expanded tensor, in runs that do not wrap around the ring's end.
    void expand_rows(int begin, int end, int n0, int n) {
        while (begin < end) {
            const int run = std::min(end - begin, g_.capacity - begin % g_.capacity);
            if (step_.has_expand)
                expand_run(begin, run, n0, n);
            else
                copy_run(begin, run, n0, n);
            begin += run;
        }
    }

    void expand_run(int y, int rows, int n0, int n) {
        Gemm gemm;
        gemm.weights = &packed_.expand;
        gemm.n0 = n0;
        gemm.n = static_cast<int>(round_up(static_cast<size_t>(n), kPitchMultiple));
        gemm.m = rows * g_.width;
        if (memory_.source && !g_.whole) widen_rows(y, y + rows);
        gemm.a = memory_.source ? source_row(y) : source_map_row(y);
        gemm.a_stride = from_.pitch;
        gemm.c = advance(ring_row(y),
                         static_cast<size_t>(step_.depthwise.pad_left) *
                             static_cast<size_t>(g_.panel),
                         bytes_);
        gemm.wide_c = true;
        gemm.c_stride = g_.panel;
        gemm.row = g_.width;
        gemm.row_stride = static_cast<ptrdiff_t>(g_.ring_row());
        context_.kernels().gemm(gemm);
    }

    // A block without an expansion reads its source through the ring too: for the padding.
    void copy_run(int y, int rows, int n0, int n) {
        const size_t left = static_cast<size_t>(step_.depthwise.pad_left);
        const size_t panel = static_cast<size_t>(g_.panel), pitch = static_cast<size_t>(from_.pitch);
        const size_t channels = round_up(static_cast<size_t>(n), kPitchMultiple);
        for (int row = y; row < y + rows; ++row) {
            char* to = advance(ring_row(row), left * panel, bytes_);
            const char* from = source_map_row(row);
            if (channels == pitch && channels == panel) {
                widen(context_, to, from, static_cast<size_t>(g_.width) * pitch);
                continue;
            }
            for (size_t x = 0; x < static_cast<size_t>(g_.width); ++x)
                widen(context_, advance(to, x * panel, bytes_),
                      advance(from, x * pitch + static_cast<size_t>(n0),
                              context_.network.element_bytes()),
                      channels);
        }
    }

    void depthwise_rows(int begin, int end, int n0, int n) {
        const Layer& l = step_.depthwise;
        for (int y = begin; y < end; ++y)
            for (int tap = 0; tap < 3; ++tap) {
                const int row = y * l.stride - l.pad_top + tap * l.dilation;
                memory_.taps[3 * (y - begin) + tap] =
                    row < 0 || row >= g_.height ? memory_.padding : ring_row(row);
            }
        Depthwise d;
        d.weights = &packed_.depthwise;
        d.n0 = n0;
        d.n = n;
        d.rows = end - begin;
        d.width = g_.out_width;
        d.taps = memory_.taps;
        d.x_stride = static_cast<ptrdiff_t>(l.stride) * g_.panel;
        d.tap_stride = static_cast<ptrdiff_t>(l.dilation) * g_.panel;
        d.wide_out = projects();
        d.out_stride = projects() ? g_.pitch : to_.pitch;
        d.out_row_stride = d.out_stride * g_.out_width;
        const size_t pixel = static_cast<size_t>(begin) * static_cast<size_t>(g_.out_width);
        if (projects()) {
            // The strip holds a whole map, or just these rows.
            const size_t at = g_.whole ? pixel * static_cast<size_t>(g_.pitch) : 0;
            d.out = advance(memory_.strip, at + static_cast<size_t>(n0), bytes_);
        } else {
            d.out = advance(context_.target(step_.target),
                            pixel * static_cast<size_t>(to_.pitch) + static_cast<size_t>(n0),
                            context_.network.element_bytes());
        }
        context_.kernels().depthwise(d);
    }

    // Channels [n0, n0 + n) of `pixels` outputs from `pixel` on; `strip` holds their inputs.
    void project(size_t pixel, const void* strip, int pixels, int n0, int n) {
        const size_t at = pixel * static_cast<size_t>(to_.pitch) + static_cast<size_t>(n0);
        const size_t element = context_.network.element_bytes();
        Gemm gemm;
        gemm.weights = &packed_.project;
        gemm.n0 = n0;
        gemm.n = n;
        gemm.m = pixels;
        gemm.a = strip;
        gemm.a_stride = g_.pitch;
        gemm.c = advance(context_.target(step_.target), at, element);
        gemm.c_stride = to_.pitch;
        gemm.row = pixels;
        if (step_.has_sum) {
            gemm.residual = advance(context_.source(step_.sources[1]), at, element);
            gemm.residual_stride = to_.pitch;
            gemm.sum = &step_.sum;
        }
        context_.kernels().gemm(gemm);
    }

    const Step& step_;
    const PackedStep& packed_;
    Context& context_;
    const Tensor &from_, &to_;
    const Geometry g_;
    const size_t bytes_;
    Carver own_, shared_;
    const bool apart_;  // whether threads may take over one another's pieces
    const Memory memory_;
    // Which channels the ring holds, for output rows before which, from source rows before which.
    int ring_panel_ = 0, ring_next_ = 0, ring_end_ = 0;
};

}  // namespace

Scratch inverted_residual_scratch(const Step& s, const Network& network) {
    const Kernels& kernels = network.kernels();
    Carver own, shared;
    Memory(Geometry(s, network.program),
           network.program.tensors[static_cast<size_t>(s.sources[0])], s.has_expand,
           s.kind == Kind::kInvertedResidual, kernels.wide_bytes != network.element_bytes(),
           kernels.wide_bytes, own, shared);
    return {own.taken(), shared.taken()};
}

void run_inverted_residual(const Step& step, const PackedStep& packed, Context& context) {
    Run(step, packed, context)();
}

}  // namespace mnv2
