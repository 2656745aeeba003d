// A step's work, shared out among threads that need not be equally fast.
//
// Each thread has an even part and takes one piece after the other from its front. A thread that is
// through with its own takes pieces from the back of another's part: a core that is slower by
// design, or that something else keeps busy, holds the others up by one piece at most. Pieces lie
// on one grid whoever takes them, so which thread does what shows in no output.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace mnv2 {

// [begin, end) of `count` things for one of `threads` threads; shares differ by at most `grain`.
struct Share {
    int begin, end;
    Share(int count, int thread, int threads, int grain = 1) {
        const int64_t grains = (int64_t{count} + grain - 1) / grain;
        const auto edge = [&](int t) {
            const int64_t at = grains * t / threads * grain;
            return static_cast<int>(at < count ? at : count);
        };
        begin = edge(thread);
        end = edge(thread + 1);
    }
    int size() const { return end - begin; }
};

// Units of work that are done together; empty when nothing is left.
struct Piece {
    int begin = 0, end = 0;
    bool empty() const { return begin == end; }
};

// What is left of every thread's part. All threads open every round, with a barrier before the
// next; nobody has to fill in the parts beforehand: a part that nobody has touched in this round
// still bears the mark of an older one, and what it holds then follows from the count alone.
class Portions {
  public:
    explicit Portions(int threads) : parts_(static_cast<size_t>(threads)) {}

    // Begins a round for a thread.
    void open(int thread) {
        Part& own = part(thread);
        own.round = (own.round + 1) & kRounds;
    }

    // The next piece of this round for a thread. `count` is below 2^30 units.
    Piece take(int thread, int count, int grain) {
        const int threads = static_cast<int>(parts_.size());
        const uint64_t round = part(thread).round;
        if (const Piece own = take_first(thread, round, Share(count, thread, threads), grain);
            !own.empty())
            return own;
        for (int other = thread + 1; other < thread + threads; ++other) {
            const int victim = other % threads;
            const Piece found = take_last(victim, round, Share(count, victim, threads), grain);
            if (!found.empty()) return found;
        }
        return {};
    }

  private:
    static constexpr uint64_t kRounds = 15;
    static constexpr int kBits = 30;

    struct alignas(64) Part {
        std::atomic<uint64_t> left{0};  // round, begin, end
        uint64_t round = 0;             // its owner's alone
    };

    Part& part(int thread) { return parts_[static_cast<size_t>(thread)]; }

    static uint64_t packed(uint64_t round, int begin, int end) {
        return round << (2 * kBits) | static_cast<uint64_t>(begin) << kBits |
               static_cast<uint64_t>(end);
    }

    static Piece unpacked(uint64_t left, uint64_t round, const Share& whole) {
        if (left >> (2 * kBits) != round) return {whole.begin, whole.end};
        constexpr uint64_t kMask = (uint64_t{1} << kBits) - 1;
        return {static_cast<int>(left >> kBits & kMask), static_cast<int>(left & kMask)};
    }

    // The barrier between rounds orders the work; here only the taking has to be exact.
    Piece take_first(int thread, uint64_t round, const Share& whole, int grain) {
        std::atomic<uint64_t>& left = part(thread).left;
        uint64_t seen = left.load(std::memory_order_relaxed);
        while (true) {
            const Piece there = unpacked(seen, round, whole);
            const int end = there.end - there.begin > grain ? there.begin + grain : there.end;
            if (left.compare_exchange_weak(seen, packed(round, end, there.end),
                                           std::memory_order_relaxed))
                return {there.begin, end};
        }
    }

    Piece take_last(int thread, uint64_t round, const Share& whole, int grain) {
        std::atomic<uint64_t>& left = part(thread).left;
        uint64_t seen = left.load(std::memory_order_relaxed);
        while (true) {
            const Piece there = unpacked(seen, round, whole);
            if (there.empty()) return {};
            const int begin = whole.begin + (there.end - 1 - whole.begin) / grain * grain;
            if (left.compare_exchange_weak(seen, packed(round, there.begin, begin),
                                           std::memory_order_relaxed))
                return {begin, there.end};
        }
    }

    std::vector<Part> parts_;
};

}  // namespace mnv2
