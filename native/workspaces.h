// The workspaces of one engine: as many as runs were ever under way at once.
#pragma once

#include <cstdint>
#include <list>

#include "workspace.h"

namespace mnv2 {

class Workspaces {
  public:
    explicit Workspaces(const Network& network);
    Workspaces(const Workspaces&) = delete;
    Workspaces& operator=(const Workspaces&) = delete;

    // A workspace that is one run's own, until this goes.
    class Lease {
      public:
        ~Lease();
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        Workspace& operator*() const { return *workspace_; }

      private:
        friend class Workspaces;
        Lease(Workspaces& owner, std::list<Workspace>::iterator workspace)
            : owner_(owner), workspace_(workspace) {}

        Workspaces& owner_;
        std::list<Workspace>::iterator workspace_;
    };

    // A free one of so many threads, or a new one.
    Lease take(int threads);

  private:
    // In a child, those of before the fork go: their threads are not here, and runs that were under
    // way never end. No memory of theirs is used again: writing to what is shared with the parent
    // takes as long as getting new memory does.
    void leave_behind();

    const Network& network_;
    // Under `fork_mutex`. Lists, as workspaces change hands without a call for memory.
    std::list<Workspace> free_, busy_;
    uint32_t forks_;
};

}  // namespace mnv2
