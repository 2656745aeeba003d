/** The worker: one model, one engine; pictures come in, results go out. */

import { openProgram, startEngine } from "./engine.js";
import { toPlain } from "./errors.js";
import { fit } from "./fit.js";
import { requireFinite } from "./numbers.js";
import { readOptions } from "./options.js";
import { pixelReader } from "./pixels.js";
import { readProgram } from "./program_file.js";

const toPixels = pixelReader();
let session = null;

self.onmessage = async ({ data: { id, open, predict } }) => {
  try {
    if (open) self.postMessage({ id, result: await openModel(open) });
    if (predict) answer(id, await predictPicture(predict));
  } catch (error) {
    self.postMessage({ id, error: toPlain(error) });
  }
};

/** Answers to `load`: what the page may know of the model. */
async function openModel({ bytes, module, threads }) {
  const { words, numbers, ...model } = readProgram(bytes);
  const reader = readerOf(model.task);
  const engine = startEngine(module, threads);
  const network = openProgram(engine, { words, numbers, ...model });
  session = { model, network, threads, read: (await reader).read };
  const { anchors, ...facts } = model;
  return { ...facts, threads, kernels: network.kernels };
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
