/** The picture with what was found on it. */

import { drawBoxes } from "./draw_boxes.js";
import { drawMask } from "./draw_mask.js";

/** Pixels of the longer side: small pictures are drawn larger, so that lines on them are sharp. */
const STILL = 1400;
/** Of frames: every one is drawn anew. */
const LIVE = 800;
const MOST_GROWTH = 4;

/** The canvas with its caption; `find` gives elements by their id. */
export function makeStage(find) {
  const canvas = find("canvas");
  const pen = canvas.getContext("2d");

  /**
   * @param picture ImageBitmap.
   * @param result of `predict`, or null for the picture alone.
   * @param live whether others follow at once.
   */
  function show(picture, result, model, live = false) {
    const longest = Math.max(picture.width, picture.height);
    const scale = Math.min(MOST_GROWTH, (live ? LIVE : STILL) / longest);
    const width = Math.round(picture.width * scale);
    const height = Math.round(picture.height * scale);
    // Setting a size, even the same, costs a new canvas.
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    pen.drawImage(picture, 0, 0, width, height);
    find("figure").hidden = false;
    find("empty").hidden = true;
    if (!result) return caption("");
    if (result.task === "detection") drawBoxes(pen, result, model, scale, dots());
    if (result.task === "segmentation") drawMask(pen, result, model);
    const named = result.predictions.map(({ label }) => label);
    const shown = result.multiLabel ? named : named.slice(0, 1);
    caption(result.task === "classification" ? shown.join(", ") : "");
  }

  /** Canvas pixels for one of the page's: the canvas is fitted into its frame. */
  function dots() {
    const { clientWidth, clientHeight } = canvas;
    return Math.max(canvas.width / clientWidth, canvas.height / clientHeight);
  }

  function caption(text) {
    find("caption").hidden = !text;
    find("caption").textContent = text;
  }

  function describe(text) {
    canvas.setAttribute("aria-label", text);
  }

  return { show, describe };
}
