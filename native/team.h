// Threads that run one program together and sleep between runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#if !defined(__wasm__)
#include <thread>
#include <vector>
#endif

namespace mnv2 {

// How often a thread looks whether another has done its part before it sleeps: for about as long as
// falling asleep and being woken take, 20 to 100 us.
#if defined(__wasm__)
constexpr int kLooks = 20000;
#else
constexpr int kLooks = 2000;
#endif

// Time between two looks, during which the core is left to a thread that shares it.
class Moments {
  public:
    // True, after a while.
    bool pass() {
#if defined(__wasm__)
        // There is no instruction for it: 2000 looks took 1 us, threads slept at 30 of the 32 meetings
        // of a picture, and in integers a second one brought nothing. A division takes 13 to 20 cycles
        // anywhere; compilers leave it out where nothing comes of it.
        rest_ /= 1.0001;
        return rest_ > 0;
#else
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        asm volatile("yield");
#endif
        return true;
#endif
    }

#if defined(__wasm__)
  private:
    double rest_ = 1e300;
#endif
};

// Sleeps until somebody wakes who sleeps on a value, if that is still `old`. A browser's threads wait
// on the number itself: what that library has in `wait` and `notify_all` asks again and again, with
// growing pauses, and a run took seven times as long.
template <class T>
void sleep_on(const std::atomic<T>& value, T old) {
#if defined(__wasm__)
    static_assert(sizeof value == sizeof(int32_t));
    auto* at = const_cast<int32_t*>(reinterpret_cast<const int32_t*>(&value));
    __builtin_wasm_memory_atomic_wait32(at, static_cast<int32_t>(old), -1);
#else
    value.wait(old, std::memory_order_acquire);
#endif
}

template <class T>
void wake_all(std::atomic<T>& value) {
#if defined(__wasm__)
    __builtin_wasm_memory_atomic_notify(reinterpret_cast<int32_t*>(&value), UINT32_MAX);
#else
    value.notify_all();
#endif
}

// Waits until a value is no longer `old`: looks that often, then sleeps in the kernel. A thread whose
// fellow lost its core must not burn its own, nor an idle team a core that others could use. False
// where it came to sleeping.
template <class T>
bool await_change(const std::atomic<T>& value, T old, int looks = kLooks) {
    for (Moments moments; looks > 0 && moments.pass(); --looks)
        if (value.load(std::memory_order_acquire) != old) return true;
    while (value.load(std::memory_order_acquire) == old) sleep_on(value, old);
    return false;
}

// Where `size` threads meet.
class Barrier {
  public:
    explicit Barrier(int size) : size_(size) {}

    // Before a run.
    void open() { looks_.store(kLooks, std::memory_order_relaxed); }

    void wait() {
        if (size_ == 1) return;
        const uint32_t phase = phase_.load(std::memory_order_acquire);
        if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == size_) {
            arrived_.store(0, std::memory_order_relaxed);
            phase_.store(phase + 1, std::memory_order_release);
            wake_all(phase_);
            return;
        }
        // Who looked in vain has a fellow without a core, as it may be at the next steps too.
        const int looks = looks_.load(std::memory_order_relaxed);
        if (!await_change(phase_, phase, looks))
            looks_.store(looks / 2, std::memory_order_relaxed);
    }

  private:
    const int size_;
    alignas(64) std::atomic<int> arrived_{0};
    alignas(64) std::atomic<uint32_t> phase_{0};
    std::atomic<int> looks_{kLooks};
};

// Of one process: in the child of a fork nothing may be done with it but to destroy it. In a browser
// it borrows threads that a page has made, and the rest of it is in wasm_team.cpp.
class Team {
  public:
    explicit Team(int size);
    ~Team();
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    int size() const { return size_; }
    Barrier& barrier() { return barrier_; }

    // Calls work(0) here and work(1) .. work(size - 1) on the other threads; returns when all have.
    void run(const std::function<void(int)>& work);

  private:
    const int size_;
    Barrier barrier_;
#if !defined(__wasm__)
    void serve(int thread);

    const uint32_t forks_;
    const std::function<void(int)>* work_ = nullptr;
    std::atomic<uint32_t> ticket_{0};
    std::atomic<int> busy_{0};
    std::atomic<bool> closing_{false};
    std::vector<std::thread> threads_;
#endif
};

}  // namespace mnv2
