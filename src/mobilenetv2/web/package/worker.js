/** The worker: one model, one engine; pictures come in, results go out. */

import { read as readClasses } from "./classify.js";
import { read as readBoxes } from "./detect.js";
import { openProgram, startEngine } from "./engine.js";
import { toPlain } from "./errors.js";
import { fit } from "./fit.js";
import { requireFinite } from "./numbers.js";
import { readOptions } from "./options.js";
import { pixelReader } from "./pixels.js";
import { readProgram } from "./program_file.js";
import { read as readMask } from "./segment.js";

const toPixels = pixelReader();
let engine = null;
let session = null;

self.onmessage = async ({ data: { id, start, open, predict } }) => {
  try {
    if (start) self.postMessage({ id, result: startOnce(start) });
    if (open) self.postMessage({ id, result: openModel(open) }, [open.bytes]);
    if (predict) answer(id, await predictPicture(predict));
  } catch (error) {
    self.postMessage({ id, error: toPlain(error) });
  }
};

function startOnce({ module, threads }) {
  engine = startEngine(module, threads);
}

/** Answers to `load`: what the page may know of the model; the bytes go back. */
function openModel({ bytes }) {
  const { words, numbers, ...model } = readProgram(bytes);
  const network = openProgram(engine, { words, numbers, ...model });
  const { threads } = engine;
  session = { model, network, threads, read: readerOf(model.task) };
  const { anchors, ...facts } = model;
  return { facts: { ...facts, threads, kernels: network.kernels }, read: bytes };
}

function readerOf(task) {
  switch (task) {
    case "classification":
      return readClasses;
    case "detection":
      return readBoxes;
    default:
      return readMask;
  }
}

async function predictPicture({ picture, options }) {
  const { model, network, threads, read } = session;
  const { task, labels } = model;
  const chosen = readOptions(task, labels, model.options, options);
  const begin = performance.now();
  const pixels = await toPixels(picture, model.preprocessing);
  const decoded = performance.now();
  const input = fit(pixels, model.preprocessing);
  const prepared = performance.now();
  const outputs = network.run(input, threads);
  const run = performance.now();
  for (const { name, values } of outputs) requireFinite(values, name);
  const size = [pixels.height, pixels.width];
  const result = { task, size, ...read(outputs, model, chosen, size) };
  const milliseconds = {
    decode: decoded - begin,
    prepare: prepared - decoded,
    network: run - prepared,
    read: performance.now() - run,
  };
  return { ...result, milliseconds };
}

function answer(id, result) {
  self.postMessage({ id, result }, result.mask ? [result.mask.buffer] : []);
}
