/** A mask over a picture: classes in color, their outlines sharp, the background as it is. */

import { colorOf } from "./palette.js";

const FILL = 0.45;
const IGNORED = 255;

/**
 * @param pen of the canvas that shows the picture.
 * @param result with `mask` Uint8Array [height][width] and `size`.
 * @param model for its labels and colors.
 */
export function drawMask(pen, result, model) {
  const { width, height } = pen.canvas;
  const ids = nearest(result, width, height);
  const thick = Math.max(1, Math.round(Math.min(width, height) / 240));
  const paint = colors(model);
  const layer = new ImageData(width, height);
  const pixels = new Uint32Array(layer.data.buffer);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const id = ids[i];
      const edge =
        (x >= thick && ids[i - thick] !== id) ||
        (x + thick < width && ids[i + thick] !== id) ||
        (y >= thick && ids[i - thick * width] !== id) ||
        (y + thick < height && ids[i + thick * width] !== id);
      pixels[i] = (edge ? paint.edge : paint.fill)[id];
    }
  // Through a canvas of its own: putImageData would replace the picture.
  const over = new OffscreenCanvas(width, height);
  over.getContext("2d").putImageData(layer, 0, 0);
  pen.drawImage(over, 0, 0);
}

/** The mask at the canvas's size. */
function nearest({ mask, size: [tall, wide] }, width, height) {
  const columns = Int32Array.from({ length: width }, (_, x) => Math.floor(((x + 0.5) * wide) / width));
  const ids = new Uint8Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * tall) / height) * wide;
    for (let x = 0; x < width; x++, i++) ids[i] = mask[row + columns[x]];
  }
  return ids;
}

/** For each id a pixel as canvases hold it (little-endian ABGR), within a region and at its edge. */
function colors(model) {
  const fill = new Uint32Array(256);
  const edge = new Uint32Array(256);
  const pixel = ([red, green, blue], alpha) =>
    ((Math.round(alpha * 255) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  model.labels.forEach((label, id) => {
    if (isBackground(label, id)) return;
    fill[id] = pixel(colorOf(model, id), FILL);
    edge[id] = pixel(colorOf(model, id), 1);
  });
  fill[IGNORED] = pixel([128, 128, 128], FILL);
  return { fill, edge };
}

/** Whether a class is what is left when all others are outlined. */
export function isBackground(label, index) {
  return index === 0 && ["background", "_background_", "unlabeled", "void"].includes(label);
}
