// Section 5.1's operator as one step, and a depthwise convolution alone, which is a part of it.
#pragma once

#include "context.h"

namespace mnv2 {

void run_inverted_residual(const Step&, const PackedStep&, Context&);
Scratch inverted_residual_scratch(const Step&, const Network&);

}  // namespace mnv2
