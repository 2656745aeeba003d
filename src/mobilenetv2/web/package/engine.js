/** The engine: one WebAssembly module over a shared memory, and the workers that help it. */

import { EngineError, ModelError } from "./errors.js";
import { ABI_VERSION } from "./program_file.js";

/** Bytes of a helper's stack. */
const STACK = 65536;

/** Pages of 64 KiB: where a browser will not reserve the first, it may the next. */
const MOST_PAGES = [16384, 8192, 4096];

/** The module's sentence, thrown out of it; the instance is not to be used afterwards. */
class Refusal extends Error {}

/**
 * An engine ready to open programs.
 *
 * @param module WebAssembly.Module.
 * @param threads how many an answer may use, this one included: so many less one are started.
 * @throws EngineError no memory, or a module of another version.
 */
export function startEngine(module, threads) {
  const memory = reserve();
  const text = (address) => {
    const bytes = new Uint8Array(memory.buffer);
    // A decoder refuses shared memory: a copy.
    return new TextDecoder().decode(bytes.slice(address, bytes.indexOf(0, address)));
  };
  const fail = (address) => {
    throw new Refusal(text(address));
  };
  const { exports } = new WebAssembly.Instance(module, { env: { memory, fail } });
  exports._initialize();
  if (exports.mnv2_abi_version() !== ABI_VERSION)
    throw new EngineError(
      `the module must be version ${ABI_VERSION} of the engine, got ` +
        `${exports.mnv2_abi_version()}; take module and package from the same release`,
    );
  const helpers = startHelpers(module, memory, exports, threads - 1);
  return { exports, memory, text, threads, helpers };
}

/**
 * Open a program.
 *
 * @param engine of `startEngine`.
 * @param program of `readProgram`: `words`, `numbers`, `outputs` (names), `preprocessing`.
 * @returns `run(pixels, threads)`: from Uint8Array [height][width][3] to the outputs, a list of
 *   {name, shape: [height, width, channels], values: Float32Array}; `kernels`: what computes.
 * @throws ModelError the engine refuses the program.
 */
export function openProgram(engine, program) {
  const { exports, memory } = engine;
  return refusing(() => {
    const words = copyIn(engine, program.words);
    const numbers = copyIn(engine, program.numbers);
    const net = exports.mnv2_open(words, program.words.length / 8, numbers, program.numbers.length);
    exports.mnv2_release(words);
    exports.mnv2_release(numbers);
    const place = exports.mnv2_geometry(net) / 4;
    const facts = new Int32Array(memory.buffer);
    const [integer, count] = facts.subarray(place, place + 2);
    const shapes = Array.from({ length: count + 1 }, (_, i) => [
      ...facts.subarray(place + 2 + i * 5, place + 5 + i * 5),
    ]);
    checkShapes(shapes, program);
    return {
      kernels: engine.text(exports.mnv2_kernels(integer)),
      run: (pixels, threads) => refusing(() => answer(engine, net, program, shapes, pixels, threads)),
    };
  });
}

/** What is written into memory follows from the words that the engine accepted. */
function checkShapes([input, ...outputs], { preprocessing, outputs: names, labels, task, head, anchors }) {
  const [height, width] = preprocessing.size;
  const [, , last] = outputs.at(-1);
  const cells = outputs.map(([rows, columns, channels]) => rows * columns * channels);
  const sum = (kind) => cells.reduce((all, n, i) => all + (names[i]?.startsWith(kind) ? n : 0), 0);
  const good =
    outputs.length === names.length && input[0] === height && input[1] === width && input[2] === 3 &&
    (task === "detection"
      ? sum("box") === anchors.length && sum("class") === (anchors.length / 4) * (labels.length + 1) &&
        Array.from({ length: head.maps }, (_, i) => i).every(
          (i) => names.includes(`box${i}`) && names.includes(`class${i}`),
        )
      : last === labels.length);
  if (!good)
    throw new ModelError(
      "the program contradicts itself: its pictures and labels ask for other maps than it holds; " +
        "export it again with: mobilenetv2 export MODEL NAME.program",
    );
}

function answer({ exports, memory }, net, { outputs }, shapes, pixels, threads) {
  const picture = exports.mnv2_picture(net);
  new Uint8Array(memory.buffer).set(pixels, picture);
  exports.mnv2_answer(net, 1, threads);
  return outputs.map((name, i) => {
    const shape = shapes[i + 1];
    const place = exports.mnv2_floats(net, i) / 4;
    const values = new Float32Array(memory.buffer).slice(place, place + shape[0] * shape[1] * shape[2]);
    return { name, shape, values };
  });
}

function reserve() {
  for (const maximum of MOST_PAGES)
    try {
      return new WebAssembly.Memory({ initial: 32, maximum, shared: true });
    } catch {
      // The next one is smaller.
    }
  throw new EngineError(
    "the engine must have 256 MB of address space, and the browser gives no more: close other " +
      "pages, or dispose() of models that are not used",
  );
}

function startHelpers(module, memory, exports, count) {
  return Array.from({ length: count }, () => {
    const helper = new Worker(new URL("./team_worker.js", import.meta.url), { type: "module" });
    const stackTop = exports.mnv2_allocate(STACK) + STACK;
    helper.postMessage({ module, memory, stackTop });
    return helper;
  });
}

function copyIn({ exports, memory }, bytes) {
  const place = exports.mnv2_allocate(bytes.length);
  new Uint8Array(memory.buffer).set(bytes, place);
  return place;
}

function refusing(work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) throw new ModelError(`the engine refuses: ${error.message}`);
    if (error instanceof WebAssembly.RuntimeError)
      throw new EngineError(`the engine failed (${error.message}); load the model again`);
    throw error;
  }
}
