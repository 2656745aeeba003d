// Threads of random speed share out rounds of random work.
//
//     portions THREADS ROUNDS SEED
//
// Every unit has to be done once, in pieces that lie on their parts' grids. Prints how many pieces
// there were and how many were taken from another thread; exits with 1 when anything was wrong.

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include "portions.h"
#include "team.h"

namespace mnv2 {
namespace {

struct Round {
    int count, grain;
};

struct Tally {
    std::vector<std::atomic<int>> done = std::vector<std::atomic<int>>(500);
    std::atomic<int> pieces{0}, taken_over{0}, wrong{0};

    void add(const Piece& piece, const Round& round, int thread, int threads) {
        ++pieces;
        for (int unit = piece.begin; unit < piece.end; ++unit) ++done[static_cast<size_t>(unit)];
        int owner = 0;
        while (Share(round.count, owner, threads).end <= piece.begin) ++owner;
        const Share part(round.count, owner, threads);
        if (owner != thread) ++taken_over;
        if ((piece.begin - part.begin) % round.grain ||
            piece.end != std::min(piece.begin + round.grain, part.end))
            ++wrong;
    }

    void close(const Round& round) {
        for (size_t unit = 0; unit < done.size(); ++unit)
            if (done[unit].exchange(0) != (static_cast<int>(unit) < round.count)) ++wrong;
    }
};

int run(int threads, int rounds, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<Round> work(static_cast<size_t>(rounds));
    for (Round& round : work)
        round = {static_cast<int>(random() % 500), static_cast<int>(random() % 9) + 1};
    Portions portions(threads);
    Tally tally;
    Team team(threads);
    // Twice, as a network runs for one picture after the other.
    for (int picture = 0; picture < 2; ++picture)
        team.run([&](int thread) {
            for (size_t i = 0; i < work.size(); ++i) {
                portions.open(thread);
                for (Piece piece = portions.take(thread, work[i].count, work[i].grain);
                     !piece.empty();
                     piece = portions.take(thread, work[i].count, work[i].grain)) {
                    tally.add(piece, work[i], thread, threads);
                    // Some threads are slow in some rounds.
                    if ((i + static_cast<size_t>(thread)) % 3 == 0) std::this_thread::yield();
                }
                team.barrier().wait();
                if (thread == 0) tally.close(work[i]);
                team.barrier().wait();
            }
        });
    std::printf("%d pieces, %d taken over, %d wrong\n", tally.pieces.load(),
                tally.taken_over.load(), tally.wrong.load());
    return tally.wrong.load() != 0;
}

}  // namespace
}  // namespace mnv2

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    return mnv2::run(std::atoi(argv[1]), std::atoi(argv[2]),
                     static_cast<unsigned>(std::atoi(argv[3])));
}
