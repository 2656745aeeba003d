// Maps as the kernels read them: widened, and with the padding of a window around them.
#pragma once

#include <cstring>

#include "context.h"

namespace mnv2 {

// Copies `count` arena elements to wide ones.
inline void widen(const Context& context, void* to, const void* from, size_t count) {
    if (!context.widens()) {
        std::memcpy(to, from, count * context.network.element_bytes());
        return;
    }
    const auto* bytes = static_cast<const uint8_t*>(from);
    auto* wide = static_cast<int16_t*>(to);
    for (size_t i = 0; i < count; ++i) wide[i] = bytes[i];
}

// Writes `count` wide elements that stand for zero: padding.
inline void fill(const Context& context, void* to, int zero_point, size_t count) {
    switch (context.kernels().wide_bytes) {
        case 4: std::memset(to, 0, 4 * count); break;
        case 1: std::memset(to, zero_point, count); break;
        default: {
            auto* wide = static_cast<int16_t*>(to);
            for (size_t i = 0; i < count; ++i) wide[i] = static_cast<int16_t>(zero_point);
        }
    }
}

inline char* advance(void* at, size_t elements, size_t bytes) {
    return static_cast<char*>(at) + elements * bytes;
}
inline const char* advance(const void* at, size_t elements, size_t bytes) {
    return static_cast<const char*>(at) + elements * bytes;
}

// Takes pieces off a thread's scratch memory, each on a 64-byte boundary.
class Carver {
  public:
    // Without memory it only counts what would be taken.
    explicit Carver(char* begin = nullptr) : begin_(begin) {}

    char* take(uint64_t bytes) {
        char* piece = begin_ ? begin_ + taken_ : nullptr;
        taken_ += round_up(bytes + kSlack, kAlignment);
        return piece;
    }
    uint64_t taken() const { return taken_; }

  private:
    char* begin_;
    uint64_t taken_ = 0;
};

}  // namespace mnv2
