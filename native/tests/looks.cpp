// How long a thread looks for what another is about to do before it sleeps: prints the nanoseconds,
// the least of some attempts.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>

#include "team.h"

std::atomic<int> never{0};  // where the compiler cannot know that nobody sets it

int main() {
    using Clock = std::chrono::steady_clock;
    int64_t least = INT64_MAX;
    for (int attempt = 0; attempt < 20; ++attempt) {
        const auto begin = Clock::now();
        mnv2::Moments moments;
        for (int look = 0; look < mnv2::kLooks && moments.pass(); ++look)
            if (never.load(std::memory_order_acquire)) return 1;
        const auto taken = Clock::now() - begin;
        least = std::min<int64_t>(
            least, std::chrono::duration_cast<std::chrono::nanoseconds>(taken).count());
    }
    std::printf("%lld\n", static_cast<long long>(least));
}
