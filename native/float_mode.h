// How a thread computes with floats while it runs a program.
#pragma once

#include <cstdint>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace mnv2 {

// To the nearest, and numbers too small for all of their bits are zero: they cost a hundred cycles
// each and mean nothing here. The caller's mode comes back.
class FloatMode {
  public:
    FloatMode() : before_(mode()) { set_mode((before_ & ~kRounding) | kFlush); }
    ~FloatMode() { set_mode(before_); }
    FloatMode(const FloatMode&) = delete;
    FloatMode& operator=(const FloatMode&) = delete;

  private:
#if defined(__x86_64__) || defined(__i386__)
    using Mode = unsigned;
    static constexpr Mode kFlush = 0x8040, kRounding = 0x6000;
    static Mode mode() { return _mm_getcsr(); }
    static void set_mode(Mode mode) { _mm_setcsr(mode); }
#elif defined(__aarch64__)
    using Mode = uint64_t;
    static constexpr Mode kFlush = 1 << 24, kRounding = 3 << 22;
    static Mode mode() {
        Mode mode;
        asm volatile("mrs %0, fpcr" : "=r"(mode));
        return mode;
    }
    static void set_mode(Mode mode) { asm volatile("msr fpcr, %0" : : "r"(mode)); }
#else
    using Mode = int;
    static constexpr Mode kFlush = 0, kRounding = 0;
    static Mode mode() { return 0; }
    static void set_mode(Mode) {}
#endif
    const Mode before_;
};

}  // namespace mnv2
