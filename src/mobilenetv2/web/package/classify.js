/** Class logits to named, scored answers: the mirror of `mobilenetv2/tasks/classify.py`. */

import { rounded, sigmoid, softmax } from "./numbers.js";

/**
 * The `top` most probable classes, best first; ties go to the lower index.
 *
 * @param outputs one map, its logits Float32Array [classes].
 * @param model `labels`, and `multiLabel`: whether each is probable by itself.
 * @param options `top`, `threshold`, `among`.
 * @returns `predictions`: a list of {label, index, score}; and `multiLabel`.
 */
export function read(outputs, model, options) {
  const multiLabel = Boolean(model.multiLabel);
  const shares = (multiLabel ? sigmoid : softmax)(outputs[0].values);
  const classes = [...shares.keys()].filter((i) => !options.among || options.among.has(i));
  classes.sort((a, b) => shares[b] - shares[a] || a - b);
  const predictions = classes
    .slice(0, options.top)
    .filter((index) => shares[index] >= options.threshold)
    .map((index) => ({ label: model.labels[index], index, score: rounded(shares[index], 6) }));
  return { predictions, multiLabel };
}
