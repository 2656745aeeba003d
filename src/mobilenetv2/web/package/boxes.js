/** Offsets and anchors to boxes: the mirror of `mobilenetv2/tasks/boxes.py`. */

/** Offsets of a logarithm beyond this are cut: exp(10) is 22,000 anchors. */
const LARGEST_STEP = 10;

/**
 * The box that one anchor's offsets mean.
 *
 * @param offsets Float32Array, and `at` where the anchor's (y, x, height, width) begin.
 * @param anchors Float32Array [anchors][4], (left, top, right, bottom), and `index` of the anchor.
 * @param scales of the offsets.
 * @returns [left, top, right, bottom] in the anchors' unit.
 */
export function decodeBox(offsets, at, anchors, index, scales) {
  const [left, top, right, bottom] = anchors.subarray(index * 4, index * 4 + 4);
  const wide = right - left;
  const tall = bottom - top;
  const y = (offsets[at] / scales[0]) * tall + (top + bottom) / 2;
  const x = (offsets[at + 1] / scales[1]) * wide + (left + right) / 2;
  const halfHeight = (Math.exp(cut(offsets[at + 2] / scales[2])) * tall) / 2;
  const halfWidth = (Math.exp(cut(offsets[at + 3] / scales[3])) * wide) / 2;
  return [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight];
}

const cut = (step) => Math.min(LARGEST_STEP, Math.max(-LARGEST_STEP, step));
