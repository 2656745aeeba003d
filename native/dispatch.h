// Which instruction sets this library holds and this machine has.
#pragma once

#include "kernels.h"
#include "recolor.h"
#include "resample.h"

namespace mnv2 {

// Null where the library was not built for a set, or this machine does not have it.
struct Isa {
    const char* name;
    const Kernels* real;
    const Kernels* integer;
    const Resampling* resampling = nullptr;  // in a browser pictures come in their size
    RecolorRow recolor = nullptr;            // and in their colors
};

// Every set that can run here, best first; ends with a null name.
const Isa* isas();

// Their names, separated by spaces.
const char* isa_names();

}  // namespace mnv2
