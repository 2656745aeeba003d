// Integer kernels for WebAssembly with relaxed SIMD: one family for machines whose dot product takes
// pixels as unsigned bytes, one for those that take them as signed ones. wasm_dispatch.cpp tries which
// of them, if any, this machine is.

#include "simd/wasm_relaxed_dot.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "kernels.h"

#if defined(__wasm_relaxed_simd__)
namespace mnv2 {

namespace wasm_dot {
constexpr bool kSigned = false;
#include "simd/wasm_dot.h"
}  // namespace wasm_dot

#undef MNV2_INLINE

namespace wasm_signed_dot {
constexpr bool kSigned = true;
#include "simd/wasm_dot.h"
}  // namespace wasm_signed_dot

const Kernels kWasmDotInteger = {"relaxed",
                                 sizeof(uint8_t),
                                 wasm_dot::kGroup,
                                 wasm_dot::dense_bytes,
                                 wasm_dot::depthwise_bytes,
                                 wasm_dot::pack_dense,
                                 wasm_dot::pack_depthwise,
                                 wasm_dot::run_gemm<uint8_t>,
                                 wasm_dot::depthwise,
                                 nullptr};

const Kernels kWasmSignedDotInteger = {"relaxed-arm",
                                       sizeof(uint8_t),
                                       wasm_signed_dot::kGroup,
                                       wasm_signed_dot::dense_bytes,
                                       wasm_signed_dot::depthwise_bytes,
                                       wasm_signed_dot::pack_dense,
                                       wasm_signed_dot::pack_depthwise,
                                       wasm_signed_dot::run_gemm<uint8_t>,
                                       wasm_signed_dot::depthwise,
                                       nullptr};

}  // namespace mnv2
#endif
