// A step of any kind. The kinds know nothing of one another, nor of this.
#pragma once

#include "context.h"

namespace mnv2 {

void run_step(const Step&, const PackedStep&, Context&);
Scratch scratch_of(const Step&, const Network&);

}  // namespace mnv2
