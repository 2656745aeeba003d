#include "team.h"

#include <new>

#include "fork.h"

namespace mnv2 {

Team::Team(int size) : size_(size), barrier_(size), forks_(forks()) {
    try {
        for (int thread = 1; thread < size; ++thread)
            threads_.emplace_back([this, thread] { serve(thread); });
    } catch (...) {
        closing_ = true;
        ticket_.fetch_add(1);
        wake_all(ticket_);
        for (std::thread& thread : threads_) thread.join();
        throw;
    }
}

Team::~Team() {
    if (forks_ != forks()) {
        // These are names of threads that are not here: they can be neither joined nor detached.
        for (std::thread& thread : threads_) new (&thread) std::thread;
        return;
    }
    closing_ = true;
    ticket_.fetch_add(1, std::memory_order_release);
    wake_all(ticket_);
    for (std::thread& thread : threads_) thread.join();
}

void Team::run(const std::function<void(int)>& work) {
    if (size_ == 1) return work(0);
    barrier_.open();
    work_ = &work;
    busy_.store(size_ - 1, std::memory_order_relaxed);
    ticket_.fetch_add(1, std::memory_order_release);
    wake_all(ticket_);
    work(0);
    for (int left = busy_.load(std::memory_order_acquire); left;
         left = busy_.load(std::memory_order_acquire))
        await_change(busy_, left);
}

void Team::serve(int thread) {
    uint32_t seen = 0;
    while (true) {
        await_change(ticket_, seen);
        seen = ticket_.load(std::memory_order_acquire);
        if (closing_) return;
        (*work_)(thread);
        if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) wake_all(busy_);
    }
}

}  // namespace mnv2
