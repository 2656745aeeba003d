// The memory and the threads of one run.
#pragma once

#include <vector>

#include "buffer.h"
#include "network.h"
#include "portions.h"
#include "team.h"

namespace mnv2 {

// Threads of the team share it, but for what is each one's own.
struct Workspace {
    Workspace(const Network& network, int threads);

    Buffer arena, shared;
    std::vector<Buffer> own;
    Team team;
    Portions portions;
};

}  // namespace mnv2
