// Forks again and again while OTHERS threads run programs, one of them in engines of its own.
//
//     fork THREADS IN_CHILD OTHERS FORKS CASE...
//
// Every child and every grandchild has to answer, on IN_CHILD threads, as the parent did on THREADS:
// the same bits. Says how many forks and answers there were and how many of these were wrong; a
// child that waits for ever is ended by an alarm and counts as wrong. Exits with 1 where any was.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <thread>

#include "case_file.h"
#include "engine.h"
#include "read_program.h"

namespace mnv2 {
namespace {

constexpr unsigned kSeconds = 60;  // a child's; with sanitizers it takes a fraction of one

// An engine and what it said in the first process.
class Model {
  public:
    Model(const CaseFile& file, int threads)
        : file_(file), engine_(make(file)), answer_(run(engine_.get(), threads)) {}

    bool repeats(int threads) const { return run(engine_.get(), threads) == answer_; }
    bool made_anew_repeats(int threads) const { return run(make(file_).get(), threads) == answer_; }

  private:
    using Engine = std::unique_ptr<mnv2_engine, decltype(&mnv2_destroy)>;

    static Engine make(const CaseFile& file) {
        char error[200] = "";
        const mnv2_part numbers{file.weights.data(), file.weight_bytes};
        Engine engine(mnv2_create(file.words.data(), file.words.size(), &numbers, 1, nullptr,
                                  error, sizeof error),
                      mnv2_destroy);
        if (!engine) throw std::runtime_error(file.path + " is refused: " + error);
        return engine;
    }

    std::vector<std::vector<float>> run(mnv2_engine* engine, int threads) const {
        const Program program =
            read_program(file_.words.data(), file_.words.size(), file_.numbers());
        std::vector<std::vector<float>> maps;
        std::vector<float*> pointers;
        for (const int output : program.outputs) {
            const Tensor& t = program.tensors[static_cast<size_t>(output)];
            maps.emplace_back(t.pixels() * static_cast<size_t>(t.channels));
        }
        for (auto& map : maps) pointers.push_back(map.data());
        if (mnv2_run(engine, file_.picture.data(), MNV2_INPUT_FLOAT32, 1, threads,
                     pointers.data()))
            throw std::runtime_error("out of memory");
        return maps;
    }

    const CaseFile& file_;
    const Engine engine_;
    const std::vector<std::vector<float>> answer_;
};

using Models = std::vector<std::unique_ptr<Model>>;

// How many of the models, and of those that `generations` of children hold, are wrong.
int wrong_in_child(const Models& models, int threads, int generations) {
    const pid_t child = fork();
    if (!child) {
        alarm(kSeconds);
        int wrong = 0;
        for (const auto& model : models) wrong += !model->repeats(threads);
        wrong += !models[0]->made_anew_repeats(threads);
        if (generations > 1) wrong += wrong_in_child(models, threads, generations - 1);
        for (const auto& model : models) wrong += !model->repeats(threads);
        _exit(std::min(wrong, 100));
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return 100;
    return WEXITSTATUS(status);
}

int run(int threads, int in_child, int callers, int forks, const std::vector<CaseFile>& files) {
    Models models;
    for (const CaseFile& file : files) models.push_back(std::make_unique<Model>(file, threads));
    std::atomic<bool> stop{false};
    std::atomic<int> answers{0}, wrong{0};
    std::vector<std::thread> others;
    for (int i = 0; i < callers; ++i)
        others.emplace_back([&, i] {
            for (size_t turn = 0; !stop; ++turn, ++answers) {
                const Model& model = *models[turn % models.size()];
                wrong += !(i ? model.repeats(threads) : model.made_anew_repeats(threads));
            }
        });
    for (int i = 0; i < forks; ++i) wrong += wrong_in_child(models, in_child, 2);
    stop = true;
    for (std::thread& other : others) other.join();
    std::printf("%d forks, %d answers meanwhile, %d wrong\n", forks, answers.load(), wrong.load());
    return wrong != 0;
}

}  // namespace
}  // namespace mnv2

int main(int count, char** arguments) {
    if (count < 6) {
        std::fputs("usage: fork THREADS IN_CHILD OTHERS FORKS CASE...\n", stderr);
        return 2;
    }
    try {
        std::vector<mnv2::CaseFile> files;
        for (int i = 5; i < count; ++i) files.emplace_back(arguments[i]);
        return mnv2::run(std::atoi(arguments[1]), std::atoi(arguments[2]),
                         std::atoi(arguments[3]), std::atoi(arguments[4]), files);
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "%s\n", problem.what());
        return 2;
    }
}
