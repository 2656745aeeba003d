// Runs a WebAssembly program with arguments, as a command line would:
//
//     node run_program.mjs PROGRAM ARGUMENT ...

import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const [path, ...rest] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: [path, ...rest], returnOnExit: true });
const fail = () => {
    throw new Error("the program failed");
};
const imports = { wasi_snapshot_preview1: wasi.wasiImport, env: { fail } };
const program = new WebAssembly.Module(readFileSync(path));
process.exitCode = wasi.start(new WebAssembly.Instance(program, imports));
