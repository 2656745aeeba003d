#include "workspace.h"

namespace mnv2 {

Workspace::Workspace(const Network& network, int threads)
    : arena(network.program.arena_bytes),
      shared(static_cast<size_t>(network.scratch.shared)),
      team(threads),
      portions(threads) {
    // Channels between `channels` and `pitch` are read by whole vectors, times a weight of zero.
    arena.zero();
    shared.zero();
    for (int thread = 0; thread < threads; ++thread) {
        own.emplace_back(static_cast<size_t>(network.scratch.own));
        own.back().zero();
    }
}

}  // namespace mnv2
