/** Which of the engine's two modules a browser can run. */

import { EngineError, OptionError } from "./errors.js";

/** A function of two vectors that ends in `code`: what a browser without it does not validate. */
const probe = (...code) =>
  new Uint8Array([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, // magic and version
    1, 5, 1, 0x60, 0, 1, 0x7b, // a type: () -> v128
    3, 2, 1, 0, // a function of it
    10, 12 + code.length, 1, 10 + code.length, 0, // its body, without locals
    0x41, 0, 0xfd, 15, 0x41, 0, 0xfd, 15, // twice i8x16.splat of 0
    ...code, 11,
  ]); // prettier-ignore

const SIMD = probe(0xfd, 0x6e); // i8x16.add
const RELAXED = probe(0xfd, 0x80, 2); // i8x16.relaxed_swizzle

/**
 * The file's name: with relaxed SIMD where there is such, else with SIMD.
 *
 * @param kernels "relaxed" or "simd128" to have one of them; nothing for the best.
 * @throws EngineError the browser cannot run it.
 * @throws OptionError there is none of that name.
 */
export function moduleName(kernels) {
  if (![undefined, "relaxed", "simd128"].includes(kernels))
    throw new OptionError(`kernels must be "relaxed", "simd128" or nothing, got "${kernels}"`);
  if (kernels !== "simd128" && WebAssembly.validate(RELAXED)) return "mobilenetv2-relaxed.wasm";
  if (kernels !== "relaxed" && WebAssembly.validate(SIMD)) return "mobilenetv2-simd128.wasm";
  throw new EngineError(
    kernels === "relaxed"
      ? 'the browser does not know relaxed SIMD; leave out the option kernels, or take "simd128"'
      : "the browser must know WebAssembly with SIMD, and this one does not: Chrome and Edge from " +
        "91, Firefox from 89 and Safari from 16.4 on do",
  );
}

/**
 * The module behind an address, compiled while it arrives.
 *
 * @throws EngineError it cannot be fetched or is none.
 */
export async function compileModule(url) {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the server says ${response.status}`);
    // Servers that do not know .wasm name another type, which streaming refuses.
    const streams = response.headers.get("content-type") === "application/wasm";
    return streams
      ? await WebAssembly.compileStreaming(response)
      : await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    throw new EngineError(
      `the engine's module ${url} could not be loaded: ${error.message}. It must lie beside the ` +
        "package's files, or where load's option `engine` says",
    );
  }
}
