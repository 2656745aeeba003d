// What a step's code sees: the network, the memory, and which thread it is.
#pragma once

#include "workspace.h"

namespace mnv2 {

class Context {
  public:
    Context(const Network& network, Workspace& workspace, int thread, const void* picture)
        : Context(network, workspace, thread, picture, workspace.team.size()) {}

    // Of as many threads as are said: fewer than the workspace has, where one works alone.
    Context(const Network& network, Workspace& workspace, int thread, const void* picture,
            int threads)
        : network(network),
          workspace_(workspace),
          picture_(picture),
          threads_(threads),
          begun_(network.kernels()),
          thread(thread) {}

    const Network& network;

    int threads() const { return threads_; }
    void meet() { workspace_.team.barrier().wait(); }

    // Calls work(begin, end) for pieces of `grain` of `count` units until all are done, some here
    // and some on the other threads. All threads call it together and meet before the next time.
    template <class Work>
    void share(int count, int grain, const Work& work) {
        if (threads() == 1) {
            for (int begin = 0; begin < count; begin += grain)
                work(begin, count - begin > grain ? begin + grain : count);
            return;
        }
        Portions& portions = workspace_.portions;
        portions.open(thread);
        for (Piece piece = portions.take(thread, count, grain); !piece.empty();
             piece = portions.take(thread, count, grain))
            work(piece.begin, piece.end);
    }

    const Tensor& tensor(int index) const {
        return network.program.tensors[static_cast<size_t>(index)];
    }
    const Kernels& kernels() const { return network.kernels(); }
    bool widens() const { return kernels().wide_bytes != network.element_bytes(); }

    // A picture may be read where the caller has it; everything else lives in the arena.
    const void* source(int index) const {
        if (index == network.program.input && picture_) return picture_;
        return target(index);
    }
    void* target(int index) const {
        return workspace_.arena.as<char>() + tensor(index).offset;
    }
    char* own() const { return workspace_.own[static_cast<size_t>(thread)].as<char>(); }
    char* shared() const { return workspace_.shared.as<char>(); }

  private:
    Workspace& workspace_;
    const void* picture_;
    const int threads_;
    const Begun begun_;

  public:
    const int thread;
};

}  // namespace mnv2
