// How every family for WebAssembly walks along the rows of a 3x3 depthwise convolution. Included inside
// a family's namespace.
//
// Each column of a window is read once: it ends one output, is the middle of the next and begins the
// one after that, whose sums stay in registers.

// A row of outputs, and where they come from.
template <class In, class Out = In>
struct Walk {
    const In* in[3];
    ptrdiff_t step;  // from column to column
    Out* out;
    ptrdiff_t out_step;
    int count;
};

// Neighboring windows share two columns.
template <class Block, class In, class Out>
MNV2_INLINE void walk_by_one(const Block& block, const Walk<In, Out>& walk) {
    using Column = typename Block::Column;
    const Column left(walk, 0), middle(walk, walk.step);
    auto half_done = block.template add<1>(block.template add<0>(block.start(), left), middle);
    auto begun = block.template add<0>(block.start(), middle);
    ptrdiff_t at = 2 * walk.step;
    Out* out = walk.out;
#pragma clang loop unroll(disable)
    for (int x = 0; x < walk.count; ++x, at += walk.step, out += walk.out_step) {
        const Column column(walk, at);
        block.write(block.template add<2>(half_done, column), out);
        half_done = block.template add<1>(begun, column);
        begun = block.template add<0>(block.start(), column);
    }
}

// Neighboring windows share one column.
template <class Block, class In, class Out>
MNV2_INLINE void walk_by_two(const Block& block, const Walk<In, Out>& walk) {
    using Column = typename Block::Column;
    auto begun = block.template add<0>(block.start(), Column(walk, 0));
    ptrdiff_t at = walk.step;
    Out* out = walk.out;
#pragma clang loop unroll(disable)
    for (int x = 0; x < walk.count; ++x, at += 2 * walk.step, out += walk.out_step) {
        begun = block.template add<1>(begun, Column(walk, at));
        const Column right(walk, at + walk.step);
        block.write(block.template add<2>(begun, right), out);
        begun = block.template add<0>(block.start(), right);
    }
}

// How often a row is walked along so that neighboring windows of a walk share columns. A dilated
// kernel's windows do so when they are as far apart as its taps are.
inline int walks_of(const Depthwise& d) {
    if (d.tap_stride % d.x_stride == 0)
        return d.tap_stride / d.x_stride < d.width ? static_cast<int>(d.tap_stride / d.x_stride)
                                                   : d.width;
    return d.x_stride == 2 * d.tap_stride ? 1 : d.width;
}

// `channels` of a block at a time.
template <class Block, class In, class Out>
void run_depthwise(const Depthwise& d, int channels) {
    const int walks = walks_of(d);
    const bool by_two = d.x_stride == 2 * d.tap_stride;
    for (int n = 0; n < d.n; n += channels) {
        const Block block(*d.weights, d.n0 + n);
        for (int y = 0; y < d.rows; ++y)
            for (int i = 0; i < walks; ++i) {
                Walk<In, Out> walk;
                for (int r = 0; r < 3; ++r)
                    walk.in[r] = static_cast<const In*>(d.taps[3 * y + r]) + n + i * d.x_stride;
                walk.step = d.tap_stride;
                walk.out = static_cast<Out*>(d.out) + y * d.out_row_stride + i * d.out_stride + n;
                walk.out_step = walks * d.out_stride;
                walk.count = (d.width - i + walks - 1) / walks;
                by_two ? walk_by_two(block, walk) : walk_by_one(block, walk);
            }
    }
}
