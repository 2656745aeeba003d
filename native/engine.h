/* The C ABI of the engine. One shared library serves every Python version through ctypes.
 *
 * A program is an array of 64-bit words that describes steps and a memory plan; `read_program.h`
 * says what each word means. Programs and weights are checked when an engine is made: one that would
 * read or write outside its own memory is refused, so a hostile file can do no harm.
 */
#ifndef MOBILENETV2_ENGINE_H
#define MOBILENETV2_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define MNV2_API __declspec(dllexport)
#else
#define MNV2_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mnv2_engine mnv2_engine;

/* What `mnv2_run` is given for each picture. */
enum {
    MNV2_INPUT_FLOAT32 = 0, /* float [height][width][channels], preprocessed */
    MNV2_INPUT_PIXELS = 1   /* uint8 [height][width][channels], mapped by the program's table */
};

/* Goes up whenever a word of the format or a function changes its meaning. */
MNV2_API int mnv2_abi_version(void);

/* The name of the best instruction set this machine has and this library was built for. */
MNV2_API const char* mnv2_best_isa(void);

/* Every instruction set this library can use here, best first, separated by spaces. */
MNV2_API const char* mnv2_isas(void);

/* One of the arrays that hold a program's numbers. To the program they lie behind one another, each
 * from a multiple of 64 bytes on. */
typedef struct {
    const void* data;
    size_t bytes;
} mnv2_part;

/* Check a program, pack its weights for an instruction set and make it ready to run.
 *
 * `isa` is a name of `mnv2_isas`, or NULL for the best. The program and the weights are not needed
 * afterwards. On failure NULL is returned and `error` holds a sentence.
 */
MNV2_API mnv2_engine* mnv2_create(const int64_t* program, size_t words, const mnv2_part* parts,
                                  size_t part_count, const char* isa, char* error,
                                  size_t error_bytes);

/* Run `batch` pictures on `threads` threads. May be called from any number of threads at once.
 *
 * `outputs[i]` receives float [batch][height][width][channels] of the program's i-th output.
 * Returns 0, or 1 when memory runs out.
 */
MNV2_API int mnv2_run(mnv2_engine* engine, const void* input, int input_kind, int batch,
                      int threads, float* const* outputs);

/* Run one picture and copy a tensor as it stands after step `step`: float32 or uint8 bytes,
 * [height][width][channels]. For tests: every layer can be looked at. Returns 0, or 1. */
MNV2_API int mnv2_peek(mnv2_engine* engine, const void* input, int input_kind, int step,
                       int tensor, void* copy);

/* Real numbers for a tensor, and room for those of one: [height][width][channels]. */
typedef struct {
    const float* values;
    int tensor;
} mnv2_given;
typedef struct {
    float* values;
    int tensor;
} mnv2_taken;

/* Run the steps from `first` on and before `end`, on one thread: into the tensors that they read,
 * real numbers are put before, and from any tensor they are taken afterwards. With it two networks
 * of the same steps may take turns. Of what is not given, the tensors hold anything. Returns 0, or
 * 1 for steps or tensors that there are not, or when memory runs out. */
MNV2_API int mnv2_run_steps(mnv2_engine* engine, int first, int end, const mnv2_given* given,
                            int given_count, const mnv2_taken* taken, int taken_count);

/* Nanoseconds of each step, summed over `rounds` runs on one thread, into `nanoseconds[steps]`. */
MNV2_API int mnv2_profile(mnv2_engine* engine, const void* input, int input_kind, int rounds,
                          uint64_t* nanoseconds);

/* Multiply-adds of numbers that stay in registers, `rounds` times: what steps may be judged by.
 * Returns how many they were, or 0 for an instruction set without such a loop. */
MNV2_API int64_t mnv2_peak_products(const mnv2_engine* engine, int64_t rounds);

/* Bytes that one run on `threads` threads works in: the planned arena and the scratch beside it. */
MNV2_API void mnv2_memory(const mnv2_engine* engine, int threads, size_t* arena, size_t* scratch);

/* How pixels between pixels are found. */
enum {
    MNV2_BILINEAR = 0,
    MNV2_BICUBIC = 1
};

/* A picture and a part of it, and what to make of that: see `mnv2_resample`. */
typedef struct {
    const uint8_t* pixels; /* [height][width][4], of which the fourth is not looked at */
    uint8_t* out;          /* [out_height][out_width][3] */
    int width, height, out_width, out_height;
    float box[4]; /* left, top, right and bottom of the part, in pixels */
    int filter;
    int down_first; /* not 0: columns are resampled before rows are */
} mnv2_resize;

/* Bring a part of a picture to another size, to the bits of Pillow's `resize`. `isa` is a name of
 * `mnv2_isas`, or NULL for the best. Returns 0, or 1 for sizes below 1, a box that reaches out of
 * the picture, an unknown set, or when memory runs out. */
MNV2_API int mnv2_resample(const mnv2_resize* wanted, const char* isa);

/* A picture and what its colors are to be: see `mnv2_recolor`. */
typedef struct {
    const uint8_t* pixels; /* [height][width][3] */
    uint8_t* out;          /* the same, elsewhere */
    int width, height;
    float matrix[12]; /* [3][4]: shares of red, green and blue, and what is added */
    int mirrored;     /* not 0: left and right change places */
} mnv2_colors;

/* Change a picture's colors, to the bits of Pillow's `convert` with a matrix. `isa` is as for
 * `mnv2_resample`. Returns 0, or 1 for sizes below 1, an unknown set, or a matrix with numbers beyond
 * a million. */
MNV2_API int mnv2_recolor(const mnv2_colors* wanted, const char* isa);

/* Add up the colors of one pixel in `every` x `every`, of [height][width][3], into `sums[3]`. Returns
 * how many they were, or 0 for sizes below 1 or when memory runs out. */
MNV2_API int64_t mnv2_add_up(const uint8_t* pixels, int width, int height, int every,
                             int64_t* sums);

MNV2_API void mnv2_destroy(mnv2_engine* engine);

#ifdef __cplusplus
}
#endif
#endif
