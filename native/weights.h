// The numbers of a program where their owner has them: in several arrays, none of which is copied.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "buffer.h"

namespace mnv2 {

// Offsets count as if the arrays lay behind one another, each from a multiple of 64 on.
class Weights {
  public:
    void add(const void* data, size_t bytes) {
        parts_.push_back({end_, bytes, static_cast<const uint8_t*>(data)});
        end_ += round_up(bytes, kMultiple);
    }

    size_t end() const { return end_; }

    // Where `bytes` bytes lie, or null: they must be in one array.
    const uint8_t* find(size_t offset, size_t bytes) const {
        const auto behind =
            std::upper_bound(parts_.begin(), parts_.end(), offset,
                             [](size_t at, const Part& part) { return at < part.begin; });
        if (behind == parts_.begin()) return nullptr;
        const Part& part = *std::prev(behind);
        const size_t inside = offset - part.begin;
        if (inside > part.bytes || bytes > part.bytes - inside) return nullptr;
        return part.data + inside;
    }

    // What the reader of the program has found before.
    template <class T>
    const T* at(size_t offset) const {
        return reinterpret_cast<const T*>(find(offset, 1));
    }

  private:
    static constexpr size_t kMultiple = 64;
    struct Part {
        size_t begin, bytes;
        const uint8_t* data;
    };
    std::vector<Part> parts_;
    size_t end_ = 0;
};

}  // namespace mnv2
