/** A picture brought to the network's size: the mirror of `mobilenetv2/tasks/picture.py`'s `fit`. */

import { fittedSize, seenRegion } from "./framing.js";
import { resize } from "./resize.js";

/** The grey with which a picture is padded. */
const PAD_VALUE = 128;

/**
 * @param picture `data` Uint8 [height][width][4], with `width` and `height`.
 * @param preprocessing of the model: `size`, `fit`, `crop_fraction`, `interpolation`.
 * @returns Uint8 [height][width][3] of the network's size.
 */
export function fit(picture, preprocessing) {
  const { size, interpolation } = preprocessing;
  const sides = [picture.height, picture.width];
  if (preprocessing.fit !== "pad")
    return resize(picture, size, seenRegion(sides, preprocessing), interpolation);
  const inner = fittedSize(sides, size);
  const all = [0, 0, picture.width, picture.height];
  return padded(resize(picture, inner, all, interpolation), inner, size);
}

function padded(pixels, [innerHeight, innerWidth], [height, width]) {
  const result = new Uint8Array(height * width * 3).fill(PAD_VALUE);
  for (let y = 0; y < innerHeight; y++) {
    const row = pixels.subarray(y * innerWidth * 3, (y + 1) * innerWidth * 3);
    result.set(row, y * width * 3);
  }
  return result;
}
