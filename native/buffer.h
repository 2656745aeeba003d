// Memory on 64-byte boundaries, with room behind the end for a vector that reads past it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace mnv2 {

constexpr size_t kAlignment = 64;
constexpr size_t kSlack = 128;  // the widest store or load starts inside and ends within this

// Buffers of more than one of these ask for pages of this size: a network's weights are walked from
// end to end, and with small pages a float network takes 4 % longer, one of bytes 1 %.
constexpr size_t kHugePage = size_t{1} << 21;

template <class T>
constexpr T round_up(T value, std::type_identity_t<T> multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

class Buffer {
  public:
    Buffer() = default;
    explicit Buffer(size_t bytes) : bytes_(bytes) {
#if defined(__linux__)
        const bool large = bytes + kSlack > kHugePage;
#else
        const bool large = false;
#endif
        const size_t boundary = large ? kHugePage : kAlignment;
        data_ = std::aligned_alloc(boundary, round_up(bytes + kSlack, boundary));
        if (!data_) throw std::bad_alloc();
#if defined(__linux__)
        if (large) madvise(data_, round_up(bytes + kSlack, boundary), MADV_HUGEPAGE);
#endif
        std::memset(static_cast<char*>(data_) + bytes, 0, kSlack);
    }
    Buffer(Buffer&& other) noexcept { swap(other); }
    Buffer& operator=(Buffer&& other) noexcept {
        swap(other);
        return *this;
    }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { std::free(data_); }

    void zero() { std::memset(data_, 0, bytes_); }
    size_t bytes() const { return bytes_; }

    template <class T>
    T* as() {
        return static_cast<T*>(data_);
    }
    template <class T>
    const T* as() const {
        return static_cast<const T*>(data_);
    }

  private:
    void swap(Buffer& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(bytes_, other.bytes_);
    }
    void* data_ = nullptr;
    size_t bytes_ = 0;
};

}  // namespace mnv2
