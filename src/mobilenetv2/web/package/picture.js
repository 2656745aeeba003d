/** Whatever holds a picture in a browser, made ready to go to the worker. */

import { PictureError } from "./errors.js";

/** Pixels as they stand in the file: no color management, alpha apart, EXIF's turn applied. */
export const AS_STORED = {
  imageOrientation: "from-image",
  colorSpaceConversion: "none",
  premultiplyAlpha: "none",
};

/**
 * @param picture an address, Blob, ImageData, ImageBitmap, VideoFrame, or an element: <img>,
 *   <video>, <canvas>.
 * @returns `picture`, which can be posted, and what of it is to be `moved` there.
 * @throws PictureError none of these, or one that is not ready or may not be read.
 */
export async function toPost(picture) {
  if (typeof picture === "string" || picture instanceof URL)
    return { picture: new URL(picture, globalThis.document?.baseURI ?? location.href).href, moved: [] };
  if (picture instanceof Blob || picture instanceof ImageData) return { picture, moved: [] };
  await ready(picture);
  try {
    const bitmap = await createImageBitmap(picture, AS_STORED);
    return { picture: bitmap, moved: [bitmap] };
  } catch (error) {
    throw new PictureError(refused(picture, error));
  }
}

/** An <img> that is still loading, and a <video> without a frame, are waited for. */
async function ready(picture) {
  if (isA(picture, "HTMLImageElement"))
    await picture.decode().catch(() => {
      throw new PictureError(`${picture.src || "the <img>"} is not a picture that this browser reads`);
    });
  if (isA(picture, "HTMLVideoElement") && picture.readyState < HAVE_FRAME)
    await new Promise((resolve, reject) => {
      picture.addEventListener("loadeddata", resolve, { once: true });
      picture.addEventListener("error", () => reject(new PictureError("the <video> cannot be played")), {
        once: true,
      });
    });
}

const HAVE_FRAME = 2;

/** Whether a value is of a class that workers do not know. */
const isA = (value, name) => name in globalThis && value instanceof globalThis[name];

function refused(picture, error) {
  const what = picture?.constructor?.name ?? String(picture);
  if (error instanceof TypeError)
    return (
      "a picture must be an address, a Blob, ImageData, ImageBitmap, VideoFrame, <img>, <video> or " +
      `<canvas>, got ${what}`
    );
  if (error.name === "SecurityError")
    return `the ${what} shows another site's picture, which a page may not read: set crossorigin on it`;
  return `the ${what} holds no picture: ${error.message}`;
}
