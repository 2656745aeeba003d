// Where a process divides: the child has all of its memory and, of its threads, the one that forked.
#pragma once

#include <cstdint>
#include <mutex>

namespace mnv2 {

// How many forks lie between the process that loaded this library and the one that asks. What was
// made at another count has no threads here, and may have been left in the middle of anything.
uint32_t forks();

// Whoever forks holds this too: what it guards is whole in the child, and nobody there waits for a
// thread that is not. To be held for a moment, never while something runs or memory is asked for.
std::mutex& fork_mutex();

// Whether the system has promised to tell of forks.
bool told_of_forks();

}  // namespace mnv2
