// Steps without weights, which need no memory of their own.
#pragma once

#include "context.h"

namespace mnv2 {

void run_add(const Step&, Context&);
void run_pool(const Step&, Context&);
void run_resize(const Step&, Context&);
void run_concat(const Step&, Context&);

}  // namespace mnv2
