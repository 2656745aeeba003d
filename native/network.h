// A program with its weights packed for one instruction set, and what one run works in.
#pragma once

#include <cstdint>
#include <vector>

#include "buffer.h"
#include "kernels.h"
#include "pixels.h"
#include "portions.h"
#include "program.h"
#include "team.h"

namespace mnv2 {

// A step's convolutions, packed; those a step does not have stay empty.
struct PackedStep {
    Packed expand, depthwise, project;
};

// Bytes a step needs beside the arena: for each thread, and shared by all of them.
struct Scratch {
    size_t own = 0, shared = 0;
};

struct Network {
    Program program;
    std::vector<PackedStep> packed;
    Buffer weights;  // all packed ones
    Isa isa{};
    PixelTable pixels;
    bool pixels_in_place = false;  // bytes of a picture are read where the caller has them
    Scratch scratch;

    bool integer() const { return program.arithmetic == Arithmetic::kInteger; }
    const Kernels& kernels() const { return *(integer() ? isa.integer : isa.real); }
    size_t element_bytes() const { return program.element_bytes(); }
};

// Memory of one run; threads of a team share it.
struct Workspace {
    Workspace(const Network& network, int threads);

    Buffer arena, shared;
    std::vector<Buffer> own;
    Team team;
    Portions portions;
};

// What a step's code sees: the network, the memory, and which thread it is.
class Context {
  public:
    Context(const Network& network, Workspace& workspace, int thread, const void* picture)
        : network(network), workspace_(workspace), picture_(picture), thread(thread) {}

    const Network& network;

    int threads() const { return workspace_.team.size(); }
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

  public:
    const int thread;
};

// Columns of a source once a convolution's windows fit in: its own and the padding.
int padded_width(const Layer& l, const Tensor& from, const Tensor& to);

// The nearest integer, halves to even, of a number below 2^22 in size. Compiles to two additions,
// which unlike a call of nearbyint stay vectors.
inline float round_small(float value) {
    constexpr float kMagic = 12582912.0f;  // 1.5 * 2^23: its last bit counts ones
    return (value + kMagic) - kMagic;
}

// Packs every layer. Throws ProgramError for numbers that the arithmetic cannot hold.
Network make_network(Program program, const Weights& weights, const Isa& isa);

void run_step(const Step& step, const PackedStep& packed, Context& context);
Scratch scratch_of(const Step& step, const Network& network);

// The kinds of step, each in a file of its own; all threads of a team call them together.
void run_convolution(const Step&, const PackedStep&, Context&);
void run_inverted_residual(const Step&, const PackedStep&, Context&);
void run_pooled_convolution(const Step&, const PackedStep&, Context&);
void run_add(const Step&, Context&);
void run_pool(const Step&, Context&);
void run_resize(const Step&, Context&);
void run_concat(const Step&, Context&);

Scratch convolution_scratch(const Step&, const Network&);
Scratch inverted_residual_scratch(const Step&, const Network&);
Scratch pooled_convolution_scratch(const Step&, const Network&);

}  // namespace mnv2
