/** Pictures at another size, with the very integers of Pillow's `Image.resize`. */

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
 * @returns Uint8 [height][width][3].
 */
export function resize(picture, size, region, interpolation) {
  const box = region.map(Math.fround);
  if (interpolation === "nearest") return nearest(picture, size, box);
  const [height, width] = size;
  const [left, top, right, bottom] = box;
  const across = filterTable(picture.width, left, right, width, interpolation);
  const down = filterTable(picture.height, top, bottom, height, interpolation);
  if (columnsFirst(picture, size)) {
    const strip = resizeColumns(picture.data, picture.width * 4, down, 0);
    return resizeRows(strip, 4, picture.width, across, 0, height);
  }
  // Only rows that the second pass reads are made by the first.
  const begin = down.first[0];
  const end = down.first[height - 1] + down.count[height - 1];
  const strip = resizeRows(picture.data, 4, picture.width, across, begin, end);
  return resizeColumns(strip, width * 3, down, begin);
}

/**
 * The order decides how numbers are rounded in between. Pillow 13 begins with the columns where that
 * shrinks a picture more; earlier releases never do, and are at most 1 apart (bilinear).
 */
function columnsFirst({ height, width }, [newHeight, newWidth]) {
  return height - newHeight > 2 * Math.max(0, width - newWidth);
}

/** Rows `begin` to `end` of a source of so many `channels` at the new width, [rows][width][3]. */
function resizeRows(source, channels, wide, { first, count, weights, taps }, begin, end) {
  const width = first.length;
  const result = new Uint8ClampedArray((end - begin) * width * 3);
  let target = 0;
  for (let y = begin; y < end; y++) {
    for (let x = 0; x < width; x++) {
      let place = (y * wide + first[x]) * channels;
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (let i = x * taps, last = i + count[x]; i < last; i++, place += channels) {
        const weight = weights[i];
        red += source[place] * weight;
        green += source[place + 1] * weight;
        blue += source[place + 2] * weight;
      }
      result[target] = red >> PRECISION;
      result[target + 1] = green >> PRECISION;
      result[target + 2] = blue >> PRECISION;
      target += 3;
    }
  }
  return result;
}

/** A source of `across` numbers a row, whose first row is the picture's `begin`, at the new height. */
function resizeColumns(source, across, { first, count, weights, taps }, begin) {
  const result = new Uint8ClampedArray(first.length * across);
  const sums = new Int32Array(across);
  for (let y = 0; y < first.length; y++) {
    sums.fill(HALF);
    for (let i = 0; i < count[y]; i++) {
      const weight = weights[y * taps + i];
      const row = (first[y] + i - begin) * across;
      for (let x = 0; x < across; x++) sums[x] += source[row + x] * weight;
    }
    const target = y * across;
    for (let x = 0; x < across; x++) result[target + x] = sums[x] >> PRECISION;
  }
  return result;
}

function nearest({ data, width: wide, height: tall }, [height, width], [left, top, right, bottom]) {
  const columns = nearestPlaces(width, left, Math.fround(right - left) / width, wide);
  const rows = nearestPlaces(height, top, Math.fround(bottom - top) / height, tall);
  const result = new Uint8ClampedArray(height * width * 3);
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
