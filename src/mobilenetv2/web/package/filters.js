/** How much each pixel of a row counts towards each pixel of a resized row, as Pillow has it. */

/** Bits behind the point of a weight: Pillow's for pictures of 8 bits a color. */
export const PRECISION = 22;

const SHAPES = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: cubic },
};

/** Keys' cubic with a = -0.5. */
function cubic(x) {
  const far = Math.abs(x);
  if (far < 1) return (1.5 * far - 2.5) * far * far + 1;
  return far < 2 ? ((-0.5 * far + 2.5) * far - 4) * far + 2 : 0;
}

/**
 * Weights for one side. Where a picture shrinks, the filter grows with it (antialias).
 *
 * @param length pixels of the picture along that side.
 * @param from, to the part of it that is resized, as float32: Pillow's box has no more digits.
 * @param size pixels of the result.
 * @param interpolation "bilinear" or "bicubic".
 * @returns `first` and `count` Int32Array [size]: which pixels count; `weights` Int32Array
 *   [size * taps], of `PRECISION` bits, those of a pixel from `taps` times its number on.
 */
export function filterTable(length, from, to, size, interpolation) {
  const shape = SHAPES[interpolation];
  const scale = Math.fround(to - from) / size;
  const stretch = Math.max(1, scale);
  const support = shape.support * stretch;
  const taps = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(size);
  const count = new Int32Array(size);
  const weights = new Int32Array(size * taps);
  const exact = new Float64Array(taps);
  for (let i = 0; i < size; i++) {
    const center = from + (i + 0.5) * scale;
    const begin = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(length, Math.trunc(center + support + 0.5));
    let whole = 0;
    for (let j = begin; j < end; j++) {
      exact[j - begin] = shape.weight((j - center + 0.5) * (1 / stretch));
      whole += exact[j - begin];
    }
    first[i] = begin;
    count[i] = end - begin;
    for (let j = 0; j < end - begin; j++) {
      const share = (whole === 0 ? exact[j] : exact[j] / whole) * (1 << PRECISION);
      weights[i * taps + j] = Math.trunc(share < 0 ? share - 0.5 : share + 0.5);
    }
  }
  return { first, count, weights, taps };
}
