/** What of a picture a network sees: the mirror of `mobilenetv2/tasks/framing.py`. */

/** To a whole number, halves to the even one, as Python's `round` has it. */
export function roundHalfEven(value) {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/**
 * What part of a picture fills the network's input, [left, top, right, bottom] in its pixels.
 *
 * Inside the picture where the fit is "crop", all of it for "squash"; for "pad" it reaches beyond
 * the right or the bottom edge, to where the padding ends.
 *
 * @param picture [height, width] in pixels.
 * @param preprocessing `size` [height, width] of the input, `fit` and `crop_fraction`.
 */
export function seenRegion(picture, preprocessing) {
  const [tall, wide] = picture;
  const [height, width] = preprocessing.size;
  if (preprocessing.fit === "squash") return [0, 0, wide, tall];
  if (preprocessing.fit === "pad") {
    const [innerHeight, innerWidth] = fittedSize(picture, preprocessing.size);
    return [0, 0, (wide * width) / innerWidth, (tall * height) / innerHeight];
  }
  const fraction = preprocessing.crop_fraction;
  const scale = Math.max(height / fraction / tall, width / fraction / wide);
  const scaledHeight = Math.max(height, roundHalfEven(tall * scale));
  const scaledWidth = Math.max(width, roundHalfEven(wide * scale));
  const top = Math.floor((scaledHeight - height) / 2);
  const left = Math.floor((scaledWidth - width) / 2);
  return [
    (left * wide) / scaledWidth,
    (top * tall) / scaledHeight,
    ((left + width) * wide) / scaledWidth,
    ((top + height) * tall) / scaledHeight,
  ];
}

/** [height, width] of a picture of [height, width], as large as fits into `size`. */
export function fittedSize(picture, size) {
  const scale = Math.min(size[0] / picture[0], size[1] / picture[1]);
  return picture.map((side, i) => Math.min(size[i], Math.max(1, roundHalfEven(side * scale))));
}
