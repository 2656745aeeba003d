/* What a WebAssembly module exports. `web/` is written against it; docs/browser.md says how a page
 * calls it. Addresses are numbers of the module's memory, which the page makes and may share among
 * threads. Whatever goes wrong ends in the imported `fail` with a sentence and in no return. */
#ifndef MOBILENETV2_WASM_PAGE_H
#define MOBILENETV2_WASM_PAGE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MNV2_EXPORT(name) __attribute__((export_name(#name)))

typedef struct mnv2_net mnv2_net;

MNV2_EXPORT(mnv2_abi_version) int mnv2_abi_version(void);

/* Memory for the page to fill, on a 64-byte boundary. */
MNV2_EXPORT(mnv2_allocate) void* mnv2_allocate(size_t bytes);
MNV2_EXPORT(mnv2_release) void mnv2_release(void* memory);

/* The name of the kernels that floats (0) or integers (1) are computed with here. */
MNV2_EXPORT(mnv2_kernels) const char* mnv2_kernels(int integer);

/* Check a program and pack its weights; neither is needed afterwards. */
MNV2_EXPORT(mnv2_open) mnv2_net* mnv2_open(const int64_t* words, size_t word_count,
                                           const void* numbers, size_t number_bytes);
MNV2_EXPORT(mnv2_close) void mnv2_close(mnv2_net* net);

/* [1 for integers, outputs], then of the input and of each output: height, width, channels, zero
 * point, bits of the scale. */
MNV2_EXPORT(mnv2_geometry) const int32_t* mnv2_geometry(const mnv2_net* net);

/* Where the picture belongs: uint8 or float32 [height][width][3]. */
MNV2_EXPORT(mnv2_picture) void* mnv2_picture(mnv2_net* net);

/* Run that picture: uint8 pixels (1) or preprocessed floats (0), on as many threads, the caller
 * among them, as have arrived. */
MNV2_EXPORT(mnv2_answer) void mnv2_answer(mnv2_net* net, int input_kind, int threads);

/* An output of the last answer, [height][width][channels], until the next one: real numbers, or a
 * network of integers' own bytes. */
MNV2_EXPORT(mnv2_floats) const float* mnv2_floats(mnv2_net* net, int output);
MNV2_EXPORT(mnv2_bytes) const uint8_t* mnv2_bytes(mnv2_net* net, int output);

/* How many workers have arrived, and what each calls once it has an instance: it never returns.
 * `stack_end` is one behind the memory that is to be its stack, on a multiple of 16. */
MNV2_EXPORT(mnv2_team) int mnv2_team(void);
MNV2_EXPORT(mnv2_serve) void mnv2_serve(void* stack_end);

#ifdef __cplusplus
}
#endif
#endif
