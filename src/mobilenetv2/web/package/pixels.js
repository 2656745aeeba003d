/** Pictures to pixels, in the worker. */

import { depthOf, requireSeen, requireStretchable } from "./deep.js";
import { PictureError } from "./errors.js";
import { AS_STORED } from "./picture.js";

/** As many as Python takes; they fill 500 MB here. */
const MAX_PIXELS = 125_000_000;

/**
 * Something that turns pictures into pixels; frames of one size after another share a canvas.
 *
 * @returns a function from what `toPost` made, and the model's `preprocessing`, to `data` Uint8
 *   [height][width][4], the right way up and on white, with `width` and `height`.
 */
export function pixelReader() {
  let canvas = null;
  let pen = null;
  return async (picture, preprocessing = {}) => {
    const source = typeof picture === "string" ? await fetchPicture(picture) : picture;
    const depth = await depthOf(source);
    requireStretchable(depth, preprocessing);
    const bitmap = await toBitmap(source);
    const { width, height } = bitmap;
    if (width * height > MAX_PIXELS)
      throw new PictureError(
        `a picture may have at most ${MAX_PIXELS} pixels, got ${width} x ${height}; shrink it first`,
      );
    if (canvas?.width !== width || canvas.height !== height) {
      canvas = new OffscreenCanvas(width, height);
      // Kept in memory: from a graphics card every frame would have to come back.
      pen = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
    }
    try {
      pen.fillStyle = "white";
      pen.fillRect(0, 0, width, height);
      pen.drawImage(bitmap, 0, 0);
      const pixels = pen.getImageData(0, 0, width, height);
      requireSeen(depth, pixels);
      return pixels;
    } catch (error) {
      if (error instanceof PictureError) throw error;
      canvas = null;
      throw new PictureError(`a picture of ${width} x ${height} pixels is too large here: ${error.message}`);
    } finally {
      bitmap.close();
    }
  };
}

async function toBitmap(source) {
  if (source instanceof ImageBitmap) return source;
  try {
    return await createImageBitmap(source, AS_STORED);
  } catch (error) {
    const name = source.name || source.type || "the picture";
    throw new PictureError(
      `${name} cannot be decoded: it is damaged, or in a format that this browser does not read ` +
        `(JPEG, PNG, WebP and GIF it does); save it as JPEG. ${error.message}`,
    );
  }
}

async function fetchPicture(url) {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the server says ${response.status}`);
    return await response.blob();
  } catch (error) {
    throw new PictureError(`${url} could not be fetched: ${error.message}`);
  }
}
