/** A program file: a network with all that belongs to it, read as Python's `program_file` does. */

import { ModelError } from "./errors.js";

const FORMAT = "mobilenetv2-program";

/** Of the engine that this package comes with. */
export const ABI_VERSION = 2;

/** The task, as a file says it whose classes do not exclude each other. */
const MULTI_LABEL = "multi-label classification";

/** Far more than any honest file: 1000 labels and a network's words take about 60 kB. */
const MAX_HEADER_BYTES = 4_000_000;

const AGAIN = "export it again with: mobilenetv2 export MODEL NAME.program";

/**
 * @param buffer ArrayBuffer, the file. Nothing in it is executed or trusted.
 * @returns `words` and `numbers`, Uint8Array, for the engine, and the model's `task`, `multiLabel`,
 *   `labels`, `preprocessing`, `outputs` (names), `head`, `options`, `palette`, `anchors` (Float32Array, in
 *   detectors), `source` and `license`.
 * @throws ModelError damaged, of another kind, or for another version of the engine.
 */
export function readProgram(buffer) {
  const { header, data } = split(buffer);
  const texts = header.__metadata__;
  if (texts?.format !== FORMAT)
    throw new ModelError(
      "the file must be a compiled program, and this is none. Make one with: mobilenetv2 export " +
        "MODEL NAME.program",
    );
  if (texts.abi !== String(ABI_VERSION))
    throw new ModelError(
      `the program must be for version ${ABI_VERSION} of the engine, got ${texts.abi}; ${AGAIN}`,
    );
  const words = tensor(header, data, "words", "I64", 8);
  const numbers = tensor(header, data, "numbers", "U8", 1);
  const model = describe(texts);
  if (model.task === "detection") {
    const bytes = tensor(header, data, "anchors", "F32", 16);
    model.anchors = new Float32Array(bytes.slice().buffer);
  }
  return { words, numbers, ...model };
}

function split(buffer) {
  const size = buffer.byteLength;
  const length = size < 8 ? 0n : new DataView(buffer).getBigUint64(0, true);
  demand(0n < length && length <= MAX_HEADER_BYTES && 8n + length <= size, "begins with its header");
  const end = 8 + Number(length);
  const header = parse(new TextDecoder().decode(new Uint8Array(buffer, 8, end - 8)), "its header");
  demand(isObject(header) && isObject(header.__metadata__ ?? {}), "has a header of names and values");
  return { header, data: new Uint8Array(buffer, end) };
}

/** A tensor's bytes. Their number is a multiple of `item`. */
function tensor(header, data, name, kind, item) {
  const entry = header[name];
  const [begin, end] = (isObject(entry) && entry.dtype === kind && entry.data_offsets) || [];
  const whole = Number.isSafeInteger(begin) && Number.isSafeInteger(end);
  demand(whole && begin >= 0 && begin < end, `has a tensor "${name}" of type ${kind}`);
  demand(end <= data.length && (end - begin) % item === 0, `holds all of "${name}"`);
  return data.subarray(begin, end);
}

function describe(texts) {
  const plain = (name, missing) =>
    texts[name] === undefined ? missing : parse(texts[name], `"${name}"`);
  const model = {
    // Files of the first releases hold classifiers and do not say so.
    task: texts.task === MULTI_LABEL ? "classification" : texts.task ?? "classification",
    multiLabel: texts.task === MULTI_LABEL,
    labels: plain("labels"),
    preprocessing: plain("preprocessing"),
    outputs: plain("outputs", ["logits"]),
    head: plain("head", {}),
    options: plain("options", {}),
    palette: plain("palette", []),
    source: texts.source ?? "",
    license: texts.license ?? "",
  };
  checkModel(model);
  return model;
}

function checkModel({ task, labels, preprocessing, outputs, head, options, palette }) {
  demand(["classification", "detection", "segmentation"].includes(task), "says its task");
  const texts = (list) => Array.isArray(list) && list.every((one) => typeof one === "string");
  demand(texts(labels) && labels.length && texts(outputs) && outputs.length, "has labels and outputs");
  demand(isObject(head) && isObject(options) && Array.isArray(palette), "describes its head");
  const { size, fit, crop_fraction: fraction, interpolation } = preprocessing ?? {};
  const sides = Array.isArray(size) && size.length === 2;
  demand(
    sides && size.every((side) => Number.isInteger(side) && side >= 1 && side <= 65536) &&
      ["crop", "squash", "pad"].includes(fit) && fraction > 0 && fraction <= 1 &&
      ["bilinear", "bicubic", "nearest"].includes(interpolation),
    "says how pictures are prepared",
  );
  if (task !== "detection") return;
  const scales = head.box_scales;
  demand(
    Array.isArray(scales) && scales.length === 4 && scales.every((scale) => scale > 0) &&
      ["softmax", "sigmoid"].includes(head.scores) && Number.isInteger(head.maps) &&
      outputs.length === 2 * head.maps,
    "says what its boxes mean",
  );
}

function parse(text, what) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ModelError(`the program is damaged: ${what} is no JSON (${error.message}); ${AGAIN}`);
  }
}

function demand(condition, rule) {
  if (!condition)
    throw new ModelError(`the program is damaged: a compiled program ${rule}; load it anew, or ${AGAIN}`);
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
