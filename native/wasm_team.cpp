// The team of a WebAssembly module: threads are workers that a page has made beforehand, each an
// instance of the module on the same memory. They belong to the memory and serve one run at a time,
// whichever network's that is.

#include "wasm_team.h"

#include <algorithm>

#include "team.h"

namespace mnv2 {
namespace {

// A ticket's low bits say how many threads its run has, the caller included: a worker that is none of
// them may come late, when the next run is being prepared, and must look at nothing else.
constexpr uint32_t kMostThreads = 1 << 10;

struct Crew {
    std::atomic<int> serving{0};  // workers that have arrived; the last one has this number
    std::atomic<int> busy{0};
    std::atomic<uint32_t> ticket{0};
    const std::function<void(int)>* work = nullptr;
};

Crew crew;

}  // namespace

int crew_size() {
    return std::min(crew.serving.load(std::memory_order_acquire), static_cast<int>(kMostThreads) - 2);
}

void serve_crew() {
    // In this order: a run that counts on this worker has a later ticket.
    uint32_t seen = crew.ticket.load(std::memory_order_acquire);
    const int thread = crew.serving.fetch_add(1, std::memory_order_acq_rel) + 1;
    while (true) {
        await_change(crew.ticket, seen);
        seen = crew.ticket.load(std::memory_order_acquire);
        if (static_cast<uint32_t>(thread) >= seen % kMostThreads) continue;
        (*crew.work)(thread);
        if (crew.busy.fetch_sub(1, std::memory_order_acq_rel) == 1) wake_all(crew.busy);
    }
}

Team::Team(int size) : size_(size), barrier_(size) {}

Team::~Team() = default;

void Team::run(const std::function<void(int)>& work) {
    if (size_ == 1) return work(0);
    barrier_.open();
    crew.work = &work;
    crew.busy.store(size_ - 1, std::memory_order_relaxed);
    const uint32_t last = crew.ticket.load(std::memory_order_relaxed);
    crew.ticket.store((last / kMostThreads + 1) * kMostThreads + static_cast<uint32_t>(size_),
                      std::memory_order_release);
    wake_all(crew.ticket);
    work(0);
    for (int left = crew.busy.load(std::memory_order_acquire); left;
         left = crew.busy.load(std::memory_order_acquire))
        await_change(crew.busy, left);
}

}  // namespace mnv2
