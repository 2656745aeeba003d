/**
 * Pictures at another size, with the integers of Pillow's `Image.resize`: along the rows first, then
 * along the columns. (Pillow 13 begins with the columns of tall pictures: at most 1 apart.)
 */

import { filterTable, PRECISION } from "./filters.js";

const HALF = 1 << (PRECISION - 1);

/**
 * A part of a picture at another size.
 *
 * @param picture `data` Uint8 [height][width][4], RGBA of which A is not looked at, with `width`
 *   and `height`.
 * @param size [height, width] of the result.
 * @param region [left, top, right, bottom] in pixels, fractions too.
 * @param interpolation "bilinear", "bicubic" or "nearest".
 * @returns Uint8Array [height][width][3].
 */
export function resize(picture, size, region, interpolation) {
  const box = region.map(Math.fround);
  if (interpolation === "nearest") return nearest(picture, size, box);
  const [height, width] = size;
  const [left, top, right, bottom] = box;
  const across = filterTable(picture.width, left, right, width, interpolation);
  const down = filterTable(picture.height, top, bottom, height, interpolation);
  // Only rows that the second pass reads are made by the first.
  const begin = down.first[0];
  const end = down.first[height - 1] + down.count[height - 1];
  const strip = resizeRows(picture, across, begin, end);
  return resizeColumns(strip, width, down, begin);
}

/** Rows `begin` to `end` at the new width, Uint8 [end - begin][width][3]. */
function resizeRows(picture, { first, count, weights, taps }, begin, end) {
  const { data } = picture;
  const width = first.length;
  const strip = new Uint8ClampedArray((end - begin) * width * 3);
  let target = 0;
  for (let y = begin; y < end; y++) {
    const row = y * picture.width;
    for (let x = 0; x < width; x++) {
      let place = (row + first[x]) * 4;
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (let i = x * taps, last = i + count[x]; i < last; i++, place += 4) {
        const weight = weights[i];
        red += data[place] * weight;
        green += data[place + 1] * weight;
        blue += data[place + 2] * weight;
      }
      strip[target] = red >> PRECISION;
      strip[target + 1] = green >> PRECISION;
      strip[target + 2] = blue >> PRECISION;
      target += 3;
    }
  }
  return strip;
}

/** A strip whose first row is the picture's row `begin` at the new height. */
function resizeColumns(strip, width, { first, count, weights, taps }, begin) {
  const across = width * 3;
  const result = new Uint8ClampedArray(first.length * across);
  const sums = new Int32Array(across);
  for (let y = 0; y < first.length; y++) {
    sums.fill(HALF);
    for (let i = 0; i < count[y]; i++) {
      const weight = weights[y * taps + i];
      const row = (first[y] + i - begin) * across;
      for (let x = 0; x < across; x++) sums[x] += strip[row + x] * weight;
    }
    const target = y * across;
    for (let x = 0; x < across; x++) result[target + x] = sums[x] >> PRECISION;
  }
  return bytes(result);
}

function nearest({ data, width: wide, height: tall }, [height, width], [left, top, right, bottom]) {
  const columns = nearestPlaces(width, left, Math.fround(right - left) / width, wide);
  const rows = nearestPlaces(height, top, Math.fround(bottom - top) / height, tall);
  const result = new Uint8Array(height * width * 3);
  let target = 0;
  for (const row of rows)
    for (const column of columns) {
      const place = (row * wide + column) * 4;
      for (let color = 0; color < 3; color++) result[target++] = data[place + color];
    }
  return result;
}

/** Which pixel each one is; summed up step by step, as Pillow does, for the same last bits. */
function nearestPlaces(size, from, step, length) {
  const places = new Int32Array(size);
  let at = from + step * 0.5;
  for (let i = 0; i < size; i++, at += step) places[i] = Math.min(length - 1, Math.trunc(at));
  return places;
}

const bytes = (clamped) => new Uint8Array(clamped.buffer);
