/** From a detector's maps to boxes in the picture: the mirror of `mobilenetv2/tasks/detect.py`. */

import { decodeBox } from "./boxes.js";
import { seenRegion } from "./framing.js";
import { nms } from "./nms.js";
import { rounded, sigmoid, softmax } from "./numbers.js";

/**
 * The objects in one picture, best first.
 *
 * @param outputs the network's maps, {name, values: Float32Array}: `box0`, `class0` ...
 * @param model `labels`, `preprocessing`, `head` (`maps`, `box_scales`, `scores`) and `anchors`.
 * @param options `threshold` (a box scores more than this), `nms`, `maxDetections`,
 *   `classAgnostic`, `among`.
 * @param size [height, width] of the picture.
 * @returns `predictions`: a list of {label, index, score, box}.
 */
export function read(outputs, model, options, size) {
  const found = candidates(outputs, model, options, size);
  const kept = nms(found, options.nms, options.maxDetections, options.classAgnostic);
  const predictions = kept.map(({ index, score, box }) => ({
    label: model.labels[index],
    index,
    score: rounded(score, 6),
    box: box.map((side) => rounded(side, 2)),
  }));
  return { predictions };
}

/** Every box above the threshold that shows in the picture, anchor by anchor. */
function candidates(outputs, { head, labels, preprocessing, anchors }, { threshold, among }, size) {
  const values = new Map(outputs.map((output) => [output.name, output.values]));
  const onto = placing(size, preprocessing);
  const softly = head.scores === "softmax";
  const numbers = labels.length + 1;
  const found = [];
  let anchor = 0;
  for (let map = 0; map < head.maps; map++) {
    const offsets = values.get(`box${map}`);
    const logits = values.get(`class${map}`);
    for (let at = 0; at * 4 < offsets.length; at++, anchor++) {
      const own = logits.subarray(at * numbers, (at + 1) * numbers);
      if (!hopeful(own, threshold, softly)) continue;
      const scores = softly ? softmax(own) : sigmoid(own);
      let box = null;
      for (let index = 0; index < labels.length; index++) {
        // Python compares in float32, and so do equal scores here.
        const score = Math.fround(scores[index + 1]);
        if (!(score > threshold) || among?.has(index) === false) continue;
        box ??= onto(decodeBox(offsets, at * 4, anchors, anchor, head.box_scales));
        if (box[0] < box[2] && box[1] < box[3]) found.push({ box, score, index });
      }
    }
  }
  return found;
}

/**
 * Whether a class may score more than `threshold`: most anchors stand for nothing, and exponentials
 * of all their classes would take longer than the network.
 */
function hopeful(logits, threshold, softly) {
  let best = -Infinity;
  for (let i = 1; i < logits.length; i++) if (logits[i] > best) best = logits[i];
  // Of all shares the best one's is largest where the background is its only rival.
  return 1.0001 / (1 + Math.exp((softly ? logits[0] : 0) - best)) > threshold;
}

/** From shares of the input to pixels of a picture of [height, width], none of them outside. */
function placing(size, preprocessing) {
  const [left, top, right, bottom] = seenRegion(size, preprocessing);
  const [height, width] = size;
  const inside = (value, most) => Math.min(most, Math.max(0, value));
  return (box) => [
    inside(box[0] * (right - left) + left, width),
    inside(box[1] * (bottom - top) + top, height),
    inside(box[2] * (right - left) + left, width),
    inside(box[3] * (bottom - top) + top, height),
  ];
}
