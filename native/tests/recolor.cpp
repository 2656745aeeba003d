// Compares the recoloring of every instruction set with the plain one, on random pictures and
// matrices, each in a piece of memory just large enough.
//
//     recolor SEED ROUNDS
//
// Prints each that differs; exits with 1 when any did.

#include "recolor.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>

#include "dispatch.h"

namespace mnv2 {
namespace {

std::mt19937 random_bits;

int number(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_bits); }

bool agrees(RecolorRow recolor) {
    const size_t pixels = static_cast<size_t>(number(1, 60)), bytes = 3 * pixels;
    const auto row = std::make_unique<uint8_t[]>(bytes);
    for (size_t i = 0; i < bytes; ++i) row[i] = static_cast<uint8_t>(number(0, 255));
    float matrix[12];
    for (int i = 0; i < 12; ++i)
        matrix[i] = static_cast<float>(number(-1000, 1000)) / (i % 4 < 3 ? 700.0f : 5.0f);
    const bool mirrored = number(0, 1);
    const auto ours = std::make_unique<uint8_t[]>(bytes);
    const auto plain = std::make_unique<uint8_t[]>(bytes);
    recolor(row.get(), pixels, matrix, mirrored, ours.get());
    recolor_plainly(row.get(), pixels, matrix, mirrored, plain.get());
    int64_t sums[3];
    if (add_up(row.get(), static_cast<int>(pixels), 1, number(1, 9), sums) < 1) return false;
    if (std::equal(ours.get(), ours.get() + bytes, plain.get())) return true;
    std::printf("%zu pixels differ\n", pixels);
    return false;
}

}  // namespace
}  // namespace mnv2

int main(int count, char** arguments) {
    using namespace mnv2;
    random_bits.seed(count > 1 ? static_cast<unsigned>(std::atoi(arguments[1])) : 0);
    const int rounds = count > 2 ? std::atoi(arguments[2]) : 100;
    int differing = 0;
    for (const Isa* isa = isas(); isa->name; ++isa)
        for (int round = 0; round < rounds; ++round) differing += !agrees(isa->recolor);
    std::printf("%d differ\n", differing);
    return differing != 0;
}
