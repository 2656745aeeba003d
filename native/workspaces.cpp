#include "workspaces.h"

#include <algorithm>

#include "fork.h"

namespace mnv2 {

Workspaces::Workspaces(const Network& network) : network_(network), forks_(forks()) {}

void Workspaces::leave_behind() {
    std::list<Workspace> left;
    const std::lock_guard lock(fork_mutex());
    if (forks_ == forks()) return;
    forks_ = forks();
    left.splice(left.end(), free_);
    left.splice(left.end(), busy_);
}

Workspaces::Lease Workspaces::take(int threads) {
    leave_behind();
    {
        const std::lock_guard lock(fork_mutex());
        const auto found = std::find_if(free_.begin(), free_.end(), [&](const Workspace& free) {
            return free.team.size() == threads;
        });
        if (found != free_.end()) {
            busy_.splice(busy_.begin(), free_, found);
            return Lease(*this, found);
        }
    }
    std::list<Workspace> made;
    made.emplace_back(network_, threads);
    const auto workspace = made.begin();
    const std::lock_guard lock(fork_mutex());
    busy_.splice(busy_.begin(), made);
    return Lease(*this, workspace);
}

// The one used last comes first: a cache may still have it.
Workspaces::Lease::~Lease() {
    const std::lock_guard lock(fork_mutex());
    owner_.free_.splice(owner_.free_.begin(), owner_.busy_, workspace_);
}

}  // namespace mnv2
