// Runs a WebAssembly program with arguments, as a command line would:
//
//     node run_program.mjs PROGRAM DOT ARGUMENT ...
//
// DOT is what emulated/wasm_dot.h may choose.

import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const [path, dot, ...rest] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: [path, ...rest], returnOnExit: true });
const fail = () => {
    throw new Error("the program failed");
};
const imports = { wasi_snapshot_preview1: wasi.wasiImport, env: { fail } };
const program = new WebAssembly.Module(readFileSync(path));
const instance = new WebAssembly.Instance(program, imports);
instance.exports.choose?.(Number(dot));
process.exitCode = wasi.start(instance);
