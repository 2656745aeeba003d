// Compares the resampling of every instruction set with the plain one, on random pictures, parts and
// sizes, each in a piece of memory just large enough.
//
//     resample SEED ROUNDS
//
// Prints each that differs; exits with 1 when any did.

#include "resample.h"

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

// Narrow ones are what kernels for several pixels stumble over.
int side() { return number(0, 3) ? number(1, 90) : number(1, 9); }

// A part of a side, in fractions of pixels.
void draw_part(float size, float& from, float& to) {
    const float one = size * static_cast<float>(number(0, 1000)) / 1001;
    from = number(0, 2) ? one : 0;
    to = number(0, 2) ? std::min(size, from + size * static_cast<float>(number(1, 1000)) / 1000)
                      : size;
}

bool agrees(const Resampling& set) {
    Resample r;
    r.width = side(), r.height = side(), r.out_width = side(), r.out_height = side();
    r.filter = number(0, 1) ? Filter::kBilinear : Filter::kBicubic;
    r.down_first = number(0, 1);
    float box[4];
    draw_part(static_cast<float>(r.width), box[0], box[2]);
    draw_part(static_cast<float>(r.height), box[1], box[3]);
    r.box = box;
    const size_t bytes = 4 * static_cast<size_t>(r.width * r.height);
    const auto pixels = std::make_unique<uint8_t[]>(bytes);
    const bool hard = number(0, 1);  // black and white overshoot
    for (size_t i = 0; i < bytes; ++i)
        pixels[i] = static_cast<uint8_t>(hard ? 255 * number(0, 1) : number(0, 255));
    r.pixels = pixels.get();
    const size_t results = 3 * static_cast<size_t>(r.out_width * r.out_height);
    const auto ours = std::make_unique<uint8_t[]>(results);
    const auto plain = std::make_unique<uint8_t[]>(results);
    r.out = ours.get();
    resample(set, r);
    r.out = plain.get();
    resample(kScalarResampling, r);
    if (std::equal(ours.get(), ours.get() + results, plain.get())) return true;
    std::printf("%d x %d to %d x %d differs\n", r.width, r.height, r.out_width, r.out_height);
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
        for (int round = 0; round < rounds; ++round) differing += !agrees(*isa->resampling);
    std::printf("%d differ\n", differing);
    return differing != 0;
}
