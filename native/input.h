// A caller's picture as the program's input tensor.
#pragma once

#include "context.h"
#include "exchange.h"

namespace mnv2 {

// One of several pictures, bytes or floats; rows are shared out among the threads.
class Input {
  public:
    Input(const Network& network, const void* pictures, bool pixels, int index)
        : network_(network), pixels_(pixels) {
        const Tensor& t = network.program.tensors[static_cast<size_t>(network.program.input)];
        const size_t values = t.pixels() * 3;
        picture_ = static_cast<const char*>(pictures) +
                   static_cast<size_t>(index) * values * (pixels_ ? 1 : sizeof(float));
    }

    // The picture, if it is read where it is.
    const void* in_place() const {
        const bool as_it_is = pixels_ ? network_.pixels_in_place : !network_.integer();
        return as_it_is ? picture_ : nullptr;
    }

    void fill(const Context& context) const {
        const Tensor& t = context.tensor(network_.program.input);
        if (in_place()) return;
        const Share rows(t.height, context.thread, context.threads());
        const size_t begin = static_cast<size_t>(rows.begin) * static_cast<size_t>(t.width);
        const size_t end = static_cast<size_t>(rows.end) * static_cast<size_t>(t.width);
        const size_t pitch = static_cast<size_t>(t.pitch);
        void* to = advance_bytes(context.target(network_.program.input), begin * pitch);
        const char* from = picture_ + begin * 3 * (pixels_ ? 1 : sizeof(float));
        const size_t count = end - begin;
        if (pixels_ && network_.integer())
            network_.pixels.look_up(reinterpret_cast<const uint8_t*>(from), count,
                                    static_cast<uint8_t*>(to), pitch);
        else if (pixels_)
            network_.pixels.look_up(reinterpret_cast<const uint8_t*>(from), count,
                                    static_cast<float*>(to));
        else
            quantize(reinterpret_cast<const float*>(from), count, t, static_cast<uint8_t*>(to));
    }

  private:
    char* advance_bytes(void* to, size_t elements) const {
        return static_cast<char*>(to) + elements * network_.element_bytes();
    }

    const Network& network_;
    const char* picture_;
    bool pixels_;
};

}  // namespace mnv2
