/** The worker: one model, one engine; pictures come in, results go out. */

import { openProgram, startEngine } from "./engine.js";
import { toPlain } from "./errors.js";
import { fit } from "./fit.js";
import { requireFinite } from "./numbers.js";
import { readOptions } from "./options.js";
import { pixelReader } from "./pixels.js";
import { readProgram } from "./program_file.js";
// What these import in turn: a browser asks for all of them at once.
import "./filters.js";
import "./framing.js";
import "./picture.js";
import "./resize.js";

const toPixels = pixelReader();
let engine = null;
let session = null;

self.onmessage = async ({ data: { id, start, open, predict } }) => {
  try {
    if (start) self.postMessage({ id, result: startOnce(start) });
    if (open) self.postMessage({ id, result: await openModel(open) }, [open.bytes]);
    if (predict) answer(id, await predictPicture(predict));
  } catch (error) {
    self.postMessage({ id, error: toPlain(error) });
  }
};

function startOnce({ module, threads }) {
  engine = startEngine(module, threads);
}

/** Answers to `load`: what the page may know of the model; the bytes go back. */
async function openModel({ bytes }) {
  const { words, numbers, ...model } = readProgram(bytes);
  const reader = readerOf(model.task);
  const network = openProgram(engine, { words, numbers, ...model });
  const { threads } = engine;
  session = { model, network, threads, read: (await reader).read };
  const { anchors, ...facts } = model;
  return { facts: { ...facts, threads, kernels: network.kernels }, read: bytes };
}

/** Only the task's own file is fetched. */
function readerOf(task) {
  switch (task) {
    case "classification":
      return import("./classify.js");
    case "detection":
      return import("./detect.js");
    default:
      return import("./segment.js");
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
