// What Python writes for the tests: a program with its weights, a picture, and what every step has
// to give. tests/engine/cases.py is the writer.
//
//   int64    words, weight bytes
//   int64    program [words]
//   byte     weights [weight bytes], filled up to a multiple of 8
//   float    picture [height][width][3], filled up
//   float    or uint8, for each step: its target [height][width][channels], filled up
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "buffer.h"
#include "read_program.h"

namespace mnv2 {

inline std::vector<char> bytes_of_file(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (!file) throw std::runtime_error("cannot open " + path);
    std::vector<char> bytes;
    char part[1 << 16];
    for (size_t got; (got = std::fread(part, 1, sizeof part, file)) > 0;)
        bytes.insert(bytes.end(), part, part + got);
    std::fclose(file);
    return bytes;
}

struct CaseFile {
    std::string path;
    std::vector<int64_t> words;
    std::vector<int64_t> weights;  // bytes on a multiple of 8
    size_t weight_bytes = 0;
    std::vector<float> picture;
    std::vector<std::vector<char>> expected;  // for each step

    explicit CaseFile(const std::string& path, bool with_answers = true) : path(path) {
        const std::vector<char> bytes = bytes_of_file(path);
        size_t at = 0;
        const auto take = [&](void* to, size_t count) {
            if (count > bytes.size() - at) throw std::runtime_error(path + " is cut off");
            std::memcpy(to, bytes.data() + at, count);
            at += round_up(count, 8);
        };
        int64_t counts[2];
        take(counts, sizeof counts);
        words.resize(static_cast<size_t>(counts[0]));
        weight_bytes = static_cast<size_t>(counts[1]);
        weights.resize(round_up(weight_bytes, 8) / 8);
        take(words.data(), 8 * words.size());
        take(weights.data(), weight_bytes);
        if (!with_answers) return;
        const Program program = read_program(words.data(), words.size(), numbers());
        picture.resize(3 * program.tensors[static_cast<size_t>(program.input)].pixels());
        take(picture.data(), 4 * picture.size());
        for (const Step& step : program.steps) {
            const Tensor& t = program.tensors[static_cast<size_t>(step.target)];
            expected.emplace_back(t.pixels() * static_cast<size_t>(t.channels) *
                                  program.element_bytes());
            take(expected.back().data(), expected.back().size());
        }
    }

    Weights numbers() const {
        Weights all;
        all.add(weights.data(), weight_bytes);
        return all;
    }
};

}  // namespace mnv2
