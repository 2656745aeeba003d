/** PNG files of 16 bits a color: a browser hands out their upper 8, and nobody is told. */

import { PictureError } from "./errors.js";

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const BITS = 24;
const COLOR = 25;
const GREY = [0, 4];

/** Of 256 values. What spans fewer, as 12-bit and thermal cameras do, is black or flat to a network. */
const NARROW = 16;

const WAY_OUT = "Save it stretched, with 8 bits (in Python: mobilenetv2.tasks.stretch.stretched)";

/**
 * @param source Blob, or anything else, of which nothing is known.
 * @returns `deep`, whether it is a PNG file of 16 bits, and `grey`, whether without colors.
 */
export async function depthOf(source) {
  if (!(source instanceof Blob)) return { deep: false, grey: false };
  const head = new Uint8Array(await source.slice(0, COLOR + 1).arrayBuffer());
  const deep = PNG.every((byte, place) => head[place] === byte) && head[BITS] === 16;
  return { deep, grey: deep && GREY.includes(head[COLOR]) };
}

/** @throws PictureError a picture that the model was taught to have stretched, which nobody can here. */
export function requireStretchable({ grey }, { stretch }) {
  if (grey && stretch)
    throw new PictureError(
      "this model was taught on grey pictures of 16 bits that were stretched, and of this one a browser " +
        `hands out the upper 8 bits alone. ${WAY_OUT}`,
    );
}

/** @throws PictureError a picture of 16 bits that comes out black or flat. */
export function requireSeen({ deep, grey }, { data }) {
  if (!deep) return;
  let [lowest, highest] = [grey ? 255 : 0, 0];
  for (let place = 0; place < data.length; place++) {
    if (place % 4 === 3) continue;
    if (data[place] > highest) highest = data[place];
    if (data[place] < lowest) lowest = data[place];
  }
  if (highest - lowest < NARROW)
    throw new PictureError(
      `a picture of 16 bits must use its upper ones to be seen, in these it has ${lowest} to ${highest} ` +
        `of 255 (12 bits, or a thermal camera's). ${WAY_OUT}`,
    );
}
