#include "steps.h"

#include "convolution.h"
#include "inverted_residual.h"
#include "maps.h"

namespace mnv2 {

Scratch scratch_of(const Step& step, const Network& network) {
    switch (step.kind) {
        case Kind::kConvolution: return convolution_scratch(step, network);
        case Kind::kDepthwise:
        case Kind::kInvertedResidual: return inverted_residual_scratch(step, network);
        case Kind::kPooledConvolution: return pooled_convolution_scratch(step, network);
        default: return {};
    }
}

void run_step(const Step& step, const PackedStep& packed, Context& context) {
    switch (step.kind) {
        case Kind::kConvolution: return run_convolution(step, packed, context);
        case Kind::kDepthwise:
        case Kind::kInvertedResidual: return run_inverted_residual(step, packed, context);
        case Kind::kPooledConvolution: return run_pooled_convolution(step, packed, context);
        case Kind::kAdd: return run_add(step, context);
        case Kind::kPool: return run_pool(step, context);
        case Kind::kResize: return run_resize(step, context);
        case Kind::kConcat: return run_concat(step, context);
    }
}

}  // namespace mnv2
