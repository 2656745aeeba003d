// Memory on 64-byte boundaries, with room behind the end for a vector that reads past it.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace mnv2 {

constexpr size_t kAlignment = 64;
constexpr size_t kSlack = 128;  // the widest store or load starts inside and ends within this

constexpr size_t round_up(size_t value, size_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

class Buffer {
  public:
    Buffer() = default;
    explicit Buffer(size_t bytes) : bytes_(bytes) {
        data_ = std::aligned_alloc(kAlignment, round_up(bytes + kSlack, kAlignment));
        if (!data_) throw std::bad_alloc();
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
