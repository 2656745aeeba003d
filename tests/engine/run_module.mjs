// Runs program files in a WebAssembly module under node, as a page does:
//
//     node run_module.mjs MODULE KIND THREADS PROGRAM PICTURE OUTPUT [PROGRAM PICTURE OUTPUT ...]
//
// PICTURE holds a picture's bytes (KIND 1) or floats (KIND 0); into OUTPUT go, of each output map,
// its floats and then, of networks of integers, its bytes. Says the kernels' name and how many
// threads there were. A refused program ends it with the engine's sentence.

import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Worker } from "node:worker_threads";

const STACK = 65536;
const WORKER = `
    const { workerData } = require("node:worker_threads");
    const { module, memory, stack } = workerData;
    const fail = () => { throw new Error("a worker failed"); };
    new WebAssembly.Instance(module, { env: { memory, fail } }).exports.mnv2_serve(stack);`;

const [path, kind, threads, ...files] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(path));
const maximum = Number(process.env.PAGES ?? 16384); // of 64 KiB
const memory = new WebAssembly.Memory({ initial: 32, maximum, shared: true });

function text(address) {
    const bytes = new Uint8Array(memory.buffer);
    return new TextDecoder().decode(bytes.slice(address, bytes.indexOf(0, address)));
}

function fail(sentence) {
    throw new Error(text(sentence));
}

const engine = new WebAssembly.Instance(module, { env: { memory, fail } }).exports;
engine._initialize();

const workers = Array.from({ length: threads - 1 }, () => {
    const stack = engine.mnv2_allocate(STACK) + STACK;
    return new Worker(WORKER, { eval: true, workerData: { module, memory, stack } });
});
while (engine.mnv2_team() < workers.length) await pause(1);

function put(bytes) {
    const address = engine.mnv2_allocate(bytes.length);
    new Uint8Array(memory.buffer).set(bytes, address);
    return address;
}

function open(file) {
    const length = Number(file.readBigUInt64LE(0));
    const header = JSON.parse(file.subarray(8, 8 + length));
    const part = (name) => {
        const [begin, end] = header[name].data_offsets;
        return file.subarray(8 + length + begin, 8 + length + end);
    };
    const words = part("words"), numbers = part("numbers");
    const places = [put(words), put(numbers)];
    const net = engine.mnv2_open(places[0], words.length / 8, places[1], numbers.length);
    places.forEach(engine.mnv2_release);
    return net;
}

function geometry(net) {
    const numbers = new Int32Array(memory.buffer, engine.mnv2_geometry(net));
    const sizes = Array.from({ length: 1 + numbers[1] }, (_, map) => {
        const [height, width, channels] = numbers.subarray(2 + 5 * map);
        return height * width * channels;
    });
    return { integer: numbers[0], sizes: sizes.slice(1) };
}

function answer(program, picture) {
    const net = open(program);
    const { integer, sizes } = geometry(net);
    new Uint8Array(memory.buffer).set(picture, engine.mnv2_picture(net));
    engine.mnv2_answer(net, kind, threads);
    engine.mnv2_answer(net, kind, threads); // the second one finds all memory used before
    const copies = sizes.flatMap((size, output) => {
        const floats = engine.mnv2_floats(net, output);
        const copy = [new Uint8Array(memory.buffer).slice(floats, floats + 4 * size)];
        if (integer) {
            const bytes = engine.mnv2_bytes(net, output);
            copy.push(new Uint8Array(memory.buffer).slice(bytes, bytes + size));
        }
        return copy;
    });
    engine.mnv2_close(net);
    return Buffer.concat(copies);
}

for (let at = 0; at < files.length; at += 3)
    writeFileSync(files[at + 2], answer(readFileSync(files[at]), readFileSync(files[at + 1])));
console.log(text(engine.mnv2_kernels(0)), text(engine.mnv2_kernels(1)), 1 + workers.length);
await Promise.all(workers.map((worker) => worker.terminate()));
