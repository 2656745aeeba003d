// A program with its weights packed for one instruction set: what all runs read and none changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "buffer.h"
#include "dispatch.h"
#include "pixels.h"
#include "program.h"

namespace mnv2 {

// A step's convolutions, packed; those a step does not have stay empty.
struct PackedStep {
    Packed expand, depthwise, project;
};

// Bytes a step needs beside the arena: for each thread, and shared by all of them. In 64 bits, as
// nothing but the limit on them keeps what a program asks for within an address.
struct Scratch {
    uint64_t own = 0, shared = 0;
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

}  // namespace mnv2
