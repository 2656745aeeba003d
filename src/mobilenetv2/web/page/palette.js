/** Colors of classes: those of the model's file, so that page and command line agree. */

/** Where a file brings none: told apart by people with any kind of color vision. */
const FALLBACK = [
  [86, 180, 233],
  [230, 159, 0],
  [0, 158, 115],
  [204, 121, 167],
  [213, 94, 0],
];

/** [red, green, blue], 0..255, of a class. */
export function colorOf(model, index) {
  return model.palette[index] ?? FALLBACK[index % FALLBACK.length];
}

/** As CSS has it. */
export function css([red, green, blue], alpha = 1) {
  return `rgb(${red} ${green} ${blue} / ${alpha})`;
}

/** Black or white, whichever is easier to read on a color. */
export function inkOn([red, green, blue]) {
  return red * 0.299 + green * 0.587 + blue * 0.114 > 140 ? "#101418" : "#fff";
}
