#include "read_program.h"

#include <utility>

#include "records.h"

namespace mnv2 {
namespace {

class Reader {
  public:
    Reader(const int64_t* words, size_t count, const Weights& weights)
        : records_(words, count, weights), words_(records_.words) {}

    Program read() {
        require(words_.any() == kMagic, "a program begins with its magic word", 0);
        words_.number("version", kVersion, kVersion);
        program_.arithmetic =
            words_.number("arithmetic", 0, 1) ? Arithmetic::kInteger : Arithmetic::kFloat;
        const int tensors = words_.number("tensors", 1, 4096);
        const int steps = words_.number("steps", 1, 4096);
        const int outputs = words_.number("outputs", 1, 256);
        program_.arena_bytes = words_.bytes("arena", kMaxArena);
        records_.set_memory(program_.arithmetic, program_.arena_bytes);
        program_.input = words_.number("input", 0, tensors - 1);
        program_.table = words_.bytes("table", kMaxBytes);
        records_.array(program_.table, 3 * 256, "the table of pixels");
        for (int i = 0; i < tensors; ++i) program_.tensors.push_back(records_.tensor());
        for (int i = 0; i < outputs; ++i)
            program_.outputs.push_back(words_.number("output", 0, tensors - 1));
        for (int i = 0; i < steps; ++i) program_.steps.push_back(step());
        if (!words_.finished()) throw ProgramError("words are left over behind the last step");
        require(shape(program_.input).channels == 3, "a picture has 3 channels",
                shape(program_.input).channels);
        // Floats are read where the caller has them, and there nothing is padded.
        const int pitch = shape(program_.input).pitch;
        require(pitch == 3 || program_.arithmetic == Arithmetic::kInteger,
                "a float picture has a pitch of 3", pitch);
        return std::move(program_);
    }

  private:
    const Tensor& shape(int index) const { return program_.tensors[static_cast<size_t>(index)]; }
    int any_tensor(const char* what) {
        return words_.number(what, 0, static_cast<int64_t>(program_.tensors.size()) - 1);
    }

    // Tensors that kernels write are padded, so that whole vectors can be stored.
    void require_padded(int index) const {
        require(shape(index).pitch % kPitchMultiple == 0, "a pitch must be a multiple of 8",
                shape(index).pitch);
    }

    Step step() {
        Step s;
        s.kind = static_cast<Kind>(words_.number("kind", 1, 8));
        const int sources = words_.number("sources", 1, kMaxParts);
        for (int i = 0; i < sources; ++i) s.sources.push_back(any_tensor("source"));
        s.target = any_tensor("target");
        require_padded(s.target);
        switch (s.kind) {
            case Kind::kConvolution: convolution(s); break;
            case Kind::kDepthwise: depthwise(s); break;
            case Kind::kInvertedResidual: inverted_residual(s); break;
            case Kind::kPooledConvolution: pooled_convolution(s); break;
            case Kind::kAdd: add(s); break;
            case Kind::kPool: pool(s); break;
            case Kind::kResize: resize(s); break;
            case Kind::kConcat: concat(s); break;
        }
        return s;
    }

    void count(const Step& s, size_t wanted) const {
        require(s.sources.size() == wanted, "a step of this kind has another number of sources",
                static_cast<int64_t>(s.sources.size()));
    }

    // How often a window fits is decided by the tensors; here it only has to begin in or before
    // the map, so that sizes cannot overflow.
    void window(const Layer& l, const Tensor& from, const Tensor& to) const {
        require(l.in == from.channels, "a layer's channels must be its source's", l.in);
        require(l.pad_top < l.reach_height() && l.pad_left < l.reach_width(),
                "a pad must be smaller than the window", l.pad_top);
        const int64_t last_y = int64_t{to.height - 1} * l.stride - l.pad_top;
        const int64_t last_x = int64_t{to.width - 1} * l.stride - l.pad_left;
        require(last_y < from.height && last_x < from.width,
                "every window must touch the source's map", last_y);
    }

    void shortcut(Step& s) {
        s.has_sum = words_.flag("shortcut");
        count(s, s.has_sum ? 2 : 1);
        if (!s.has_sum) return;
        s.sum = records_.sum();
        same(s.sources[1], s.target);
    }

    void same(int a, int b) const {
        const Tensor &x = shape(a), &y = shape(b);
        require(x.height == y.height && x.width == y.width && x.channels == y.channels &&
                    x.pitch == y.pitch,
                "maps that are added must have one shape", x.channels);
    }

    void convolution(Step& s) {
        s.project = records_.layer(false);
        shortcut(s);
        window(s.project, shape(s.sources[0]), shape(s.target));
        written_by(s.project, s.target);
    }

    void written_by(const Layer& l, int target) const {
        require(l.out == shape(target).channels, "a layer writes its target's channels", l.out);
    }

    void depthwise(Step& s) {
        count(s, 1);
        s.depthwise = records_.layer(true);
        require_padded(s.sources[0]);
        require_nine_taps(s.depthwise);
        window(s.depthwise, shape(s.sources[0]), shape(s.target));
        written_by(s.depthwise, s.target);
    }

    static void require_nine_taps(const Layer& l) {
        require(l.kernel_height == 3 && l.kernel_width == 3, "a depthwise kernel is 3x3",
                l.kernel_height);
    }

    void inverted_residual(Step& s) {
        s.has_expand = words_.flag("expand");
        if (s.has_expand) s.expand = records_.layer(false);
        s.depthwise = records_.layer(true);
        s.project = records_.layer(false);
        shortcut(s);
        s.rows = words_.number("rows", 1, kMaxSide);
        s.panel = words_.number("panel", kPitchMultiple, kMaxChannels + kPitchMultiple);
        const Tensor &from = shape(s.sources[0]), &to = shape(s.target);
        require_padded(s.sources[0]);
        require_nine_taps(s.depthwise);
        Tensor inner = from;
        if (s.has_expand) {
            require_pointwise(s.expand);
            require(s.expand.in == from.channels, "expand reads its source", s.expand.in);
            inner.channels = s.expand.out;
        }
        const int padded = (inner.channels + kPitchMultiple - 1) / kPitchMultiple * kPitchMultiple;
        require(s.panel == padded || s.panel % 48 == 0, "a panel is whole or a multiple of 48",
                s.panel);
        require(s.panel == padded || s.rows >= to.height, "panels need the whole map", s.rows);
        window(s.depthwise, inner, to);
        require_pointwise(s.project);
        require(s.project.in == inner.channels, "project reads the inner channels", s.project.in);
        written_by(s.project, s.target);
    }

    static void require_pointwise(const Layer& l) {
        require(l.pointwise(), "expand and project are 1x1", l.kernel_height);
    }

    void pooled_convolution(Step& s) {
        count(s, 1);
        s.project = records_.layer(false);
        require_pointwise(s.project);
        s.factor = words_.factor("factor");
        s.sum.first_zero_point = records_.zero_point();
        const Tensor& to = shape(s.target);
        require(to.height == 1 && to.width == 1, "a mean is one pixel", to.height);
        require(s.project.in == shape(s.sources[0]).channels, "a layer reads its source",
                s.project.in);
        require_padded(s.sources[0]);
        const auto pixels = static_cast<int64_t>(shape(s.sources[0]).pixels());
        require(pixels <= kMaxMean, "a mean must not be over more than 2^22 pixels", pixels);
        written_by(s.project, s.target);
    }

    void add(Step& s) {
        count(s, 2);
        s.sum = records_.sum();
        same(s.sources[0], s.target);
        same(s.sources[1], s.target);
    }

    void pool(Step& s) {
        count(s, 1);
        s.average = words_.flag("average");
        s.kernel_height = words_.number("kernel height", 1, kMaxSide);
        s.kernel_width = words_.number("kernel width", 1, kMaxSide);
        s.stride = words_.number("stride", 1, kMaxSide);
        s.pad_top = words_.number("pad", 0, kMaxSide);
        s.pad_left = words_.number("pad", 0, kMaxSide);
        s.changes.push_back(words_.number("change of scale", 0, kMaxChange));
        const Tensor &from = shape(s.sources[0]), &to = shape(s.target);
        require(from.channels == to.channels && from.pitch == to.pitch, "pooling keeps channels",
                to.channels);
        require(s.pad_top < s.kernel_height && s.pad_left < s.kernel_width,
                "a pad must be smaller than the window", s.pad_top);
        require(int64_t{to.height - 1} * s.stride - s.pad_top < from.height &&
                    int64_t{to.width - 1} * s.stride - s.pad_left < from.width,
                "every window must touch the source's map", to.height);
    }

    void resize(Step& s) {
        count(s, 1);
        s.corners = words_.flag("corners");
        s.factor = words_.factor("factor");
        const Tensor &from = shape(s.sources[0]), &to = shape(s.target);
        require(from.channels == to.channels && from.pitch == to.pitch, "resizing keeps channels",
                to.channels);
    }

    void concat(Step& s) {
        const Tensor& to = shape(s.target);
        int64_t channels = 0;
        for (const int source : s.sources) {
            const Tensor& from = shape(source);
            require(from.height == to.height && from.width == to.width, "parts have one size",
                    from.height);
            channels += from.channels;
            s.changes.push_back(words_.number("change of scale", 0, kMaxChange));
        }
        require(channels == to.channels, "parts must fill the target's channels", channels);
    }

    Records records_;
    Words& words_;
    Program program_;
};

}  // namespace

Program read_program(const int64_t* words, size_t count, const Weights& weights) {
    return Reader(words, count, weights).read();
}

}  // namespace mnv2
