#include "fork.h"

#if !defined(_WIN32)
#include <pthread.h>
#endif

namespace mnv2 {
namespace {

std::mutex mutex;
uint32_t count = 0;  // changes only where the process has one thread

void before() { mutex.lock(); }
void after_in_parent() { mutex.unlock(); }
void after_in_child() {
    ++count;
    mutex.unlock();
}

// When the library is loaded and not when a network is: a lock that is taken once would itself be
// one that another thread may hold at the fork.
#if defined(_WIN32)
const bool told = true;  // of none: there are no forks
#else
const bool told = !pthread_atfork(before, after_in_parent, after_in_child);
#endif

}  // namespace

uint32_t forks() { return count; }

std::mutex& fork_mutex() { return mutex; }

bool told_of_forks() { return told; }

}  // namespace mnv2
