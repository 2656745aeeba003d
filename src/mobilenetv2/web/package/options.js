/** What a caller may choose about a prediction: the mirror of `mobilenetv2/tasks/options.py`. */

import { OptionError } from "./errors.js";

const RULES = {
  top: { tasks: ["classification"], low: 1, high: Infinity, whole: true, value: 5 },
  threshold: { tasks: ["classification", "detection"], low: 0, high: 1, value: 0 },
  maxDetections: {
    tasks: ["detection"], low: 1, high: Infinity, whole: true, value: 100, file: "max_detections",
  },
  nms: { tasks: ["detection"], low: 0, high: 1, value: 0.5 },
  classAgnostic: { tasks: ["detection"], flag: true, value: false },
  labels: { tasks: ["classification", "detection", "segmentation"], names: true, value: [] },
};

/**
 * Every option of a task with its value.
 *
 * @param task of the model.
 * @param labels the model's.
 * @param own the model's defaults, as its file has them: {"max_detections": 100} ...
 * @param given what the caller chose.
 * @returns `top`, `threshold` ..., and `among`: a Set of the classes wanted, or null for all.
 * @throws OptionError a value out of range, an option of another task or none, a label that is none.
 */
export function readOptions(task, labels, own, given = {}) {
  const names = Object.keys(RULES).filter((name) => RULES[name].tasks.includes(task));
  for (const [name, value] of Object.entries(given)) {
    if (!names.includes(name))
      throw new OptionError(`${name} is not for ${task}, which takes ${names.join(" and ")}`);
    if (value !== undefined && value !== null) check(name, value);
  }
  const options = {};
  for (const name of names)
    options[name] = given[name] ?? own[RULES[name].file ?? name] ?? RULES[name].value;
  return { ...options, among: chosenClasses(labels, options.labels) };
}

function check(name, value) {
  const { low, high, whole, flag, names } = RULES[name];
  if (flag) return require(typeof value === "boolean", `${name} must be true or false`, value);
  if (names) {
    const good = Array.isArray(value) && value.every((one) => typeof one === "string" && one.trim());
    return require(good, `${name} must be a list of names that are not empty`, value);
  }
  const span = high < Infinity ? `in ${low}..${high}` : `at least ${low}`;
  const good = typeof value === "number" && value >= low && value <= high;
  return require(
    good && (!whole || Number.isInteger(value)),
    `${name} must be ${whole ? "a whole number, " : ""}${span}`,
    value,
  );
}

function require(good, rule, value) {
  if (!good) throw new OptionError(`${rule}, got ${JSON.stringify(value) ?? String(value)}`);
}

/** Indices of the classes that names mean, in whatever case; null for no names. */
function chosenClasses(labels, wanted) {
  if (!wanted.length) return null;
  const plain = (name) => name.trim().toLowerCase();
  const known = labels.map(plain);
  const chosen = new Set();
  for (const text of wanted) {
    const parts = known.includes(plain(text)) ? [text] : text.split(",");
    for (const name of parts) {
      if (!known.includes(plain(name)))
        throw new OptionError(
          `labels must be among the model's ${labels.length}, got "${name.trim()}"; ` +
            "model.labels lists them",
        );
      known.forEach((label, index) => label === plain(name) && chosen.add(index));
    }
  }
  return chosen;
}
