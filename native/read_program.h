// The reader of programs: it refuses anything unsafe.
//
// Words are int64. Float values travel as the bits of a float32 in the low half of a word.
//
//   header   magic, version, arithmetic (0 float32, 1 uint8), tensors, steps, outputs,
//            arena bytes, input tensor, table offset (3 x 256 float32 in the weights)
//   tensor   height, width, channels, pitch, arena offset, zero point, scale bits
//   output   tensor
//   step     kind, then the words that `Reader::step` takes for that kind
//
// Weight offsets are bytes into the weights (`weights.h`) and multiples of 4.
#pragma once

#include <cstddef>
#include <cstdint>

#include "program.h"
#include "weights.h"

namespace mnv2 {

// Throws ProgramError with a sentence that names the rule and the value.
Program read_program(const int64_t* words, size_t count, const Weights& weights);

}  // namespace mnv2
