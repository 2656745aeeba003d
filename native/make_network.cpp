#include "make_network.h"

#include <algorithm>
#include <cmath>

#include "lift.h"
#include "steps.h"
#include "words.h"

namespace mnv2 {
namespace {

constexpr size_t kChannelSlack = 64;  // biases are read in whole vectors

int padded_channels(int channels) {
    return static_cast<int>(round_up(static_cast<size_t>(channels), kPitchMultiple));
}

size_t row_bytes(const Layer& l, bool depthwise) {
    return static_cast<size_t>(l.kernel_height) * static_cast<size_t>(l.kernel_width) *
           (depthwise ? 1 : static_cast<size_t>(l.in));
}

// Which numbers of a window are neighbors in memory, and which natural row each belongs to.
// `pitch` and `row_pitch` are the wide source's, in elements.
std::vector<int32_t> lay_segments(const Layer& l, int pitch, int64_t row_pitch, int group,
                                  Packed& packed) {
    const bool dense = l.dilation == 1;
    const int across = dense ? 1 : l.kernel_width;
    const int natural = dense ? (l.kernel_width - 1) * pitch + l.in : l.in;
    packed.segment_length = static_cast<int>(round_up(static_cast<size_t>(natural),
                                                      static_cast<size_t>(group)));
    std::vector<int32_t> rows;
    for (int y = 0; y < l.kernel_height; ++y)
        for (int x = 0; x < across; ++x) {
            const int64_t offset = y * l.dilation * row_pitch + int64_t{x} * l.dilation * pitch;
            if (offset > INT32_MAX) throw ProgramError("a window is too large for this engine");
            packed.segments.push_back(static_cast<int32_t>(offset));
            for (int i = 0; i < packed.segment_length; ++i) {
                const int tap = dense ? i / pitch : x, channel = dense ? i % pitch : i;
                const bool real = i < natural && channel < l.in;
                rows.push_back(real ? (y * l.kernel_width + tap) * l.in + channel : -1);
            }
        }
    return rows;
}

// Over a channel's weights: their sum, and the sum of their sizes.
struct Totals {
    int64_t sum = 0, size = 0;

    // How far bytes lead to either side.
    int64_t up() const { return 255 * (size + sum) / 2; }
    int64_t down() const { return 255 * (size - sum) / 2; }

    // Blocks whose sums fit into 16 bits, of which a vector holds four times as many as of 64. No
    // weight is further than 383 from its zero point.
    template <class T>
    void add(const T* row, int count, int zero_point) {
        constexpr int kBlock = 64;
        const auto zero = static_cast<int16_t>(zero_point);
        const auto add_block = [&](const T* at, int block) {
            int16_t part = 0, part_size = 0;
            for (int k = 0; k < block; ++k) {
                const auto weight = static_cast<int16_t>(at[k] - zero);
                part = static_cast<int16_t>(part + weight);
                part_size = static_cast<int16_t>(part_size + std::max<int16_t>(weight, -weight));
            }
            sum += part, size += part_size;
        };
        int begin = 0;
        for (; begin + kBlock <= count; begin += kBlock) add_block(row + begin, kBlock);
        add_block(row + begin, count - begin);
    }
};

Totals totals_of(const NaturalWeights& natural, int channel) {
    const uint8_t* row =
        natural.bytes + static_cast<size_t>(channel) * static_cast<size_t>(natural.k);
    Totals totals;
    if (natural.is_signed)
        totals.add(reinterpret_cast<const int8_t*>(row), natural.k, natural.zero_points[channel]);
    else
        totals.add(row, natural.k, natural.zero_points[channel]);
    return totals;
}

// What a layer's sums, `largest` at most, are multiplied by so that outputs stay within 32 bits.
float within_32_bits(float multiplier, double largest) {
    constexpr double kMost = 0x7fffffff;
    constexpr double kOnOrOff = 256;
    if (multiplier >= 0 && largest * multiplier < kMost) return multiplier;
    // One step of such a sum is more than all 255 of an output: by any factor that is, off or on.
    const double fitting = 0.999 * kMost / largest;
    if (multiplier >= 0 && std::isfinite(multiplier) && fitting >= kOnOrOff)
        return static_cast<float>(fitting);
    throw ProgramError("a multiplier must keep outputs within 32 bits, got " + written(multiplier));
}

void fold_bias(const Layer& l, const NaturalWeights& natural, const Weights& weights,
               Packed& packed) {
    const auto* bias = weights.at<int32_t>(l.bias);
    const auto* multipliers = weights.at<float>(l.multiplier);
    for (int n = 0; n < l.out; ++n) {
        const Totals totals = totals_of(natural, n);
        const int64_t folded = int64_t{bias[n]} - l.in_zero_point * totals.sum;
        const double largest = static_cast<double>(255 * totals.size + std::llabs(folded));
        if (largest >= 0x7fffffff)
            throw ProgramError("a layer's sums must fit into 32 bits, channel " +
                               std::to_string(n) + " reaches " + written(largest));
        packed.bias.as<int32_t>()[n] = static_cast<int32_t>(folded);
        packed.multipliers.as<float>()[n] = within_32_bits(multipliers[n], largest);
        plan_lift(packed, n, folded - totals.down(), folded + totals.up());
    }
}

// A convolution whose weights still have to be packed.
struct Job {
    const Layer* layer;
    bool depthwise;
    std::vector<int32_t> rows;
    Packed* packed;

    size_t bytes(const Kernels& kernels) const {
        return round_up((depthwise ? kernels.depthwise_bytes : kernels.dense_bytes)(*packed),
                        kAlignment);
    }
};

class Packer {
  public:
    Packer(Network& network, const Weights& weights) : network_(network), weights_(weights) {}

    void add_step(const Step& s, PackedStep& packed) {
        packed.project.liftable = !s.has_sum;
        const Tensor& from = network_.program.tensors[static_cast<size_t>(s.sources[0])];
        const Tensor& to = network_.program.tensors[static_cast<size_t>(s.target)];
        switch (s.kind) {
            case Kind::kConvolution:
                add_dense(s.project, from.pitch, s.project.padded_width(from, to),
                          packed.project);
                break;
            case Kind::kPooledConvolution:
                add_dense(s.project, from.pitch, from.width, packed.project);
                break;
            case Kind::kDepthwise: add_depthwise(s.depthwise, packed.depthwise); break;
            case Kind::kInvertedResidual:
                if (s.has_expand) add_dense(s.expand, from.pitch, from.width, packed.expand);
                add_depthwise(s.depthwise, packed.depthwise);
                add_dense(s.project, padded_channels(s.project.in), 1, packed.project);
                break;
            default: break;
        }
    }

    // One block for all weights, in the order of the steps.
    void pack() {
        size_t total = 0;
        for (const Job& job : jobs_) total += job.bytes(network_.kernels());
        network_.weights = Buffer(total);
        network_.weights.zero();
        char* at = network_.weights.as<char>();
        for (Job& job : jobs_) {
            job.packed->weights = at;
            pack_one(job);
            at += job.bytes(network_.kernels());
        }
    }

  private:
    void add_dense(const Layer& l, int pitch, int width, Packed& packed) {
        std::vector<int32_t> rows = lay_segments(l, pitch, int64_t{pitch} * width,
                                                 network_.kernels().k_group, packed);
        add({&l, false, std::move(rows), &packed});
    }

    void add_depthwise(const Layer& l, Packed& packed) {
        packed.segments = {0};
        packed.segment_length = 9;
        add({&l, true, {0, 1, 2, 3, 4, 5, 6, 7, 8}, &packed});
    }

    void add(Job job) {
        Packed& packed = *job.packed;
        packed.out = job.layer->out;
        packed.padded = padded_channels(job.layer->out);
        packed.clamp = job.layer->clamp;
        packed.zero_point = job.layer->out_zero_point;
        const size_t channels = round_up(static_cast<size_t>(packed.padded), kChannelSlack);
        packed.bias = Buffer(4 * channels);
        packed.bias.zero();
        if (network_.integer()) {
            const auto* zero = weights_.at<int32_t>(job.layer->weight_zero_point);
            packed.narrow = job.layer->weight_signed &&
                            std::all_of(zero, zero + packed.out, [](int32_t z) { return !z; });
            packed.multipliers = Buffer(4 * channels);
            packed.multipliers.zero();
            packed.lifted = Buffer(4 * channels);
            packed.lifted.zero();
        }
        jobs_.push_back(std::move(job));
    }

    void pack_one(const Job& job) const {
        const Layer& l = *job.layer;
        const Kernels& kernels = network_.kernels();
        NaturalWeights natural{l.out, static_cast<int>(row_bytes(l, job.depthwise)),
                               job.rows.data()};
        if (network_.integer()) {
            natural.bytes = weights_.at<uint8_t>(l.weight);
            natural.is_signed = l.weight_signed;
            natural.zero_points = weights_.at<int32_t>(l.weight_zero_point);
            check_zero_points(natural);
            fold_bias(l, natural, weights_, *job.packed);
        } else {
            natural.real = weights_.at<float>(l.weight);
            std::copy_n(weights_.at<float>(l.bias), l.out, job.packed->bias.as<float>());
        }
        (job.depthwise ? kernels.pack_depthwise : kernels.pack_dense)(natural, *job.packed);
    }

    static void check_zero_points(const NaturalWeights& natural) {
        for (int n = 0; n < natural.out; ++n)
            if (natural.zero_points[n] < -128 || natural.zero_points[n] > 255)
                throw ProgramError("a weight's zero point must be a byte, got " +
                                   std::to_string(natural.zero_points[n]));
    }

    Network& network_;
    const Weights& weights_;
    std::vector<Job> jobs_;
};

// Bytes that need no look-up can be read in place, if nothing reads behind the last one: a window's
// rows are copied, byte for byte, while everything else reads whole vectors.
bool reads_pixels_in_place(const Network& network) {
    const int input = network.program.input;
    if (!network.pixels.same_bytes()) return false;
    if (network.program.tensors[static_cast<size_t>(input)].pitch != 3) return false;
    for (const Step& step : network.program.steps) {
        const bool window = step.kind == Kind::kConvolution && !step.project.pointwise();
        for (size_t i = 0; i < step.sources.size(); ++i)
            if (step.sources[i] == input && !(window && i == 0)) return false;
    }
    return true;
}

}  // namespace

Network make_network(Program program, const Weights& weights, const Isa& isa) {
    Network network;
    network.program = std::move(program);
    network.isa = isa;
    const auto* table = weights.at<float>(network.program.table);
    const Tensor& input = network.program.tensors[static_cast<size_t>(network.program.input)];
    network.pixels = network.integer() ? PixelTable(table, input) : PixelTable(table);
    network.pixels_in_place = reads_pixels_in_place(network);
    network.packed.resize(network.program.steps.size());
    Packer packer(network, weights);
    for (size_t i = 0; i < network.packed.size(); ++i) {
        const Step& step = network.program.steps[i];
        packer.add_step(step, network.packed[i]);
        const Scratch wanted = scratch_of(step, network);
        network.scratch.own = std::max(network.scratch.own, wanted.own);
        network.scratch.shared = std::max(network.scratch.shared, wanted.shared);
        if (std::max(wanted.own, wanted.shared) > kMaxScratch)
            throw ProgramError("a step's scratch memory must not exceed 512 MiB, got " +
                               std::to_string(std::max(wanted.own, wanted.shared)));
    }
    packer.pack();
    return network;
}

}  // namespace mnv2
