/** Boxes with their labels, on a canvas that shows the picture. */

import { colorOf, css, inkOn } from "./palette.js";

/** From so many boxes on there is no room for scores. */
const CROWD = 12;

/**
 * @param pen of the canvas.
 * @param result with `predictions` of {label, index, score, box}.
 * @param model for its colors.
 * @param scale canvas pixels for a picture's.
 * @param dots canvas pixels for one of the page's: letters are as large on a phone as on a desk.
 */
export function drawBoxes(pen, { predictions }, model, scale, dots) {
  const crowd = predictions.length >= CROWD;
  const unit = crowd ? dots * 0.85 : dots;
  pen.font = `600 ${Math.round(14 * unit)}px system-ui, sans-serif`;
  pen.textBaseline = "middle";
  pen.lineWidth = 2.5 * unit;
  // The best ones last, so that no other covers them; labels over all boxes.
  const boxes = [...predictions].reverse().map(({ label, index, score, box }) => ({
    text: crowd ? label : `${label} ${Math.round(100 * score)} %`,
    color: colorOf(model, index),
    sides: box.map((side) => side * scale),
  }));
  for (const { color, sides: [left, top, right, bottom] } of boxes) {
    pen.strokeStyle = css(color);
    pen.beginPath();
    pen.roundRect(left, top, right - left, bottom - top, 5 * unit);
    pen.stroke();
  }
  for (const { text, color, sides: [left, top] } of boxes) plate(pen, text, left, top, unit, color);
}

/** A label above the box, or inside where there is no room; never beyond the picture's edges. */
function plate(pen, text, left, top, unit, color) {
  const tall = 21 * unit;
  const wide = pen.measureText(text).width + 12 * unit;
  const x = Math.max(0, Math.min(left - pen.lineWidth / 2, pen.canvas.width - wide));
  const y = top >= tall ? top - tall : top;
  pen.fillStyle = css(color);
  pen.beginPath();
  pen.roundRect(x, y, wide, tall, 4 * unit);
  pen.fill();
  pen.fillStyle = inkOn(color);
  pen.fillText(text, x + 6 * unit, y + tall / 2 + unit / 2);
}
