// The kernels of a WebAssembly module: built for one set of instructions, with the plain ones behind.

#include "dispatch.h"

namespace mnv2 {
namespace {

const Isa kSets[] = {{"scalar", &kScalarFloat, &kScalarInteger}, {}};

}  // namespace

const Isa* isas() { return kSets; }

const char* isa_names() { return "scalar"; }

}  // namespace mnv2
