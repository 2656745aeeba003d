// From a program and its weights to a network that can run.
#pragma once

#include "network.h"
#include "weights.h"

namespace mnv2 {

// Packs every layer. Throws ProgramError for numbers that the arithmetic cannot hold.
Network make_network(Program program, const Weights& weights, const Isa& isa);

}  // namespace mnv2
