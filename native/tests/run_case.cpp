// Runs a case's program on one instruction set and one thread, for whoever counts what that takes.
//
//     run_case CASE ISA PICTURES

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "case_file.h"
#include "engine.h"

int main(int count, char** arguments) {
    using namespace mnv2;
    if (count != 4) {
        std::fputs("usage: run_case CASE ISA PICTURES\n", stderr);
        return 2;
    }
    const CaseFile file(arguments[1], false);
    const Program program = read_program(file.words.data(), file.words.size(), file.numbers());
    const mnv2_part numbers{file.weights.data(), file.weight_bytes};
    char error[200] = "";
    const std::unique_ptr<mnv2_engine, decltype(&mnv2_destroy)> engine(
        mnv2_create(file.words.data(), file.words.size(), &numbers, 1, arguments[2], error,
                    sizeof error),
        mnv2_destroy);
    if (!engine) {
        std::fprintf(stderr, "%s\n", error);
        return 2;
    }
    std::vector<uint8_t> picture(
        3 * program.tensors[static_cast<size_t>(program.input)].pixels());
    for (size_t i = 0; i < picture.size(); ++i)
        picture[i] = static_cast<uint8_t>(i * 2654435761u >> 13);  // no two neighbors are alike
    std::vector<std::vector<float>> maps;
    std::vector<float*> to;
    for (const int output : program.outputs) {
        const Tensor& t = program.tensors[static_cast<size_t>(output)];
        maps.emplace_back(t.pixels() * static_cast<size_t>(t.channels));
    }
    for (auto& map : maps) to.push_back(map.data());
    for (int i = 0; i < std::atoi(arguments[3]); ++i)
        if (mnv2_run(engine.get(), picture.data(), MNV2_INPUT_PIXELS, 1, 1, to.data())) return 1;
    return 0;
}
