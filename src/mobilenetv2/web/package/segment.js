/** From a map of logits to a class for every pixel: the mirror of `mobilenetv2/tasks/segment.py`. */

import { seenRegion } from "./framing.js";
import { rounded } from "./numbers.js";

/** The id of pixels that the network did not see. */
const IGNORED = 255;

const BACKGROUND = ["background", "_background_", "unlabeled", "void"];

/**
 * The most probable class of every pixel of the picture.
 *
 * Logits are interpolated to the network's input (corners aligned), the best class is taken there,
 * and the ids are resized to the picture, nearest neighbor.
 *
 * @param outputs one map, {shape: [rows, columns, classes], values: Float32Array}.
 * @param model `labels`, `preprocessing`.
 * @param options `among`.
 * @param size [height, width] of the picture.
 * @returns `mask` Uint8Array [height][width] of ids, and `predictions`: {label, index, pixels, share}.
 */
export function read([map], { labels, preprocessing }, { among }, size) {
  const [left, top, right, bottom] = seenRegion(size, preprocessing);
  const [height, width] = preprocessing.size;
  const rows = compared(size[0], top, bottom, height, map.shape[0]);
  const columns = compared(size[1], left, right, width, map.shape[1]);
  const ids = wantedIds(labels, among);
  const mask = spread(bestClasses(map, rows, columns, ids), rows, columns);
  return { predictions: counted(mask, labels), mask };
}

/**
 * Where along one side classes are compared: at the input's pixels that are anybody's nearest.
 *
 * @returns `own` Int32Array: for each pixel of the picture which of these it takes, -1 for none;
 *   `first` and `share`: between which two of the map's `cells` each of these lies, and where.
 */
function compared(length, low, high, inputLength, cells) {
  const step = (high - low) / inputLength;
  const own = new Int32Array(length).fill(-1);
  const first = [];
  const share = [];
  let before = -1;
  for (let i = 0; i < length; i++) {
    // A center on the line between two pixels belongs to the later one, whatever the last bit of
    // the division says.
    const nearest = Math.floor((i + 0.5 - low) / step + 1e-9);
    if (nearest < 0 || nearest >= inputLength) continue;
    if (nearest !== before) {
      const spot = (nearest * (cells - 1)) / Math.max(1, inputLength - 1);
      const cell = Math.min(Math.floor(spot), Math.max(0, cells - 2));
      first.push(cell);
      share.push(spot - cell);
      before = nearest;
    }
    own[i] = first.length - 1;
  }
  return { own, first, share };
}

/**
 * The id with the largest logit wherever rows and columns meet, Uint8Array [rows][columns].
 *
 * Where the same class is the largest at all four corners it is so in between: most of a picture
 * needs no interpolation.
 */
function bestClasses(map, rows, columns, ids) {
  const { shape: [tall, wide, classes], values } = map;
  const corners = bestAtCells(map);
  const width = columns.first.length;
  const result = new Uint8Array(rows.first.length * width);
  const line = new Float32Array(wide * classes);
  for (let y = 0; y < rows.first.length; y++) {
    const upper = rows.first[y] * wide;
    const lower = Math.min(rows.first[y] + 1, tall - 1) * wide;
    const down = rows.share[y];
    for (let i = 0; i < line.length; i++) {
      const above = values[upper * classes + i];
      line[i] = above + (values[lower * classes + i] - above) * down;
    }
    for (let x = 0; x < width; x++) {
      const left = columns.first[x];
      const right = Math.min(left + 1, wide - 1);
      const same = corners[upper + left];
      const agreed =
        corners[upper + right] === same && corners[lower + left] === same && corners[lower + right] === same;
      const best = agreed ? same : bestBetween(line, left, right, columns.share[x], classes);
      result[y * width + x] = ids[best];
    }
  }
  return result;
}

/** The class with the largest logit in each cell of the map, Uint8Array [rows][columns]. */
function bestAtCells({ shape: [tall, wide, classes], values }) {
  return Uint8Array.from({ length: tall * wide }, (_, cell) =>
    bestBetween(values, cell, cell, 0, classes),
  );
}

/** The class with the largest value at a share of the way from one cell to another. */
function bestBetween(values, cell, next, share, classes) {
  const here = cell * classes;
  const there = next * classes;
  let best = 0;
  let most = -Infinity;
  for (let index = 0; index < classes; index++) {
    const value = values[here + index] + (values[there + index] - values[here + index]) * share;
    if (value > most) {
      most = value;
      best = index;
    }
  }
  return best;
}

/** Every pixel of the picture takes its nearest id. */
function spread(small, { own: rowOf }, { own: columnOf, first }) {
  const width = columnOf.length;
  const mask = new Uint8Array(rowOf.length * width).fill(IGNORED);
  for (let y = 0; y < rowOf.length; y++) {
    if (rowOf[y] < 0) continue;
    const source = rowOf[y] * first.length;
    for (let x = 0; x < width; x++)
      if (columnOf[x] >= 0) mask[y * width + x] = small[source + columnOf[x]];
  }
  return mask;
}

/** What each class is called in the mask: itself, or where it is not wanted background or 255. */
function wantedIds(labels, among) {
  const rest = BACKGROUND.includes(labels[0].toLowerCase()) ? 0 : IGNORED;
  return labels.map((_, index) => (!among || among.has(index) ? index : rest));
}

/** The classes present, the largest one first. */
function counted(mask, labels) {
  const counts = new Uint32Array(256);
  for (let i = 0; i < mask.length; i++) counts[mask[i]]++;
  return labels
    .map((label, index) => ({ label, index, pixels: counts[index] }))
    .filter(({ pixels }) => pixels)
    .sort((a, b) => b.pixels - a.pixels || a.index - b.index)
    .map((one) => ({ ...one, share: rounded(one.pixels / mask.length, 6) }));
}
