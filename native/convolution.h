// Dense convolutions alone. All threads of a team call a step together; so it is with every kind.
#pragma once

#include "context.h"

namespace mnv2 {

void run_convolution(const Step&, const PackedStep&, Context&);
Scratch convolution_scratch(const Step&, const Network&);

// With the mean over all pixels behind it.
void run_pooled_convolution(const Step&, const PackedStep&, Context&);
Scratch pooled_convolution_scratch(const Step&, const Network&);

}  // namespace mnv2
