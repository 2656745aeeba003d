/** The list of answers, and the sentence that screen readers tell. */

import { isBackground } from "./draw_mask.js";
import { colorOf, css } from "./palette.js";

const MOST = 8;

/** What is said where there is no answer. */
const NOTHING = {
  classification: "Unknown: nothing reaches the threshold.",
  labels: "None of the labels: nothing reaches the threshold.",
};

/** The panel; `find` gives elements by their id. */
export function makeAnswers(find) {
  /** Fill the list, without a word to screen readers. */
  function list(result, model) {
    const rows = grouped(result, model).map((entry) => row(entry, model));
    find("list").replaceChildren(...rows);
  }

  /** A sentence for everybody; `bad` where something went wrong. */
  function say(text, bad = false) {
    if (find("said").textContent !== text) find("said").textContent = text;
    find("said").classList.toggle("bad", bad);
  }

  function clear() {
    find("list").replaceChildren();
    find("facts").textContent = "";
  }

  /** Where the time went. */
  function facts({ milliseconds: { decode, prepare, network, read } }, model) {
    const parts = [["decoding", decode], ["resizing", prepare], ["network", network], ["reading", read]];
    const threads = `${model.threads} thread${model.threads > 1 ? "s" : ""}`;
    find("facts").textContent =
      parts.map(([name, time]) => `${name} ${time.toFixed(1)}`).join(" · ") + ` ms, ${threads}`;
  }

  return { list, say, clear, facts };
}

/** What a result says in a sentence. */
export function sentence(result, model) {
  const entries = grouped(result, model);
  if (!entries.length) return NOTHING[result.multiLabel ? "labels" : result.task] ?? "Nothing found.";
  if (result.task === "detection")
    return `Found ${entries.map(({ label, count }) => `${count} ${label}`).join(", ")}.`;
  const [best] = entries;
  if (result.task === "classification" && !result.multiLabel)
    return `Most likely ${best.label}, ${percent(best.share)}.`;
  return `Shows ${entries.map(({ label, share }) => `${label} ${percent(share)}`).join(", ")}.`;
}

/** One entry a row: boxes of a class are counted, background is left out. */
function grouped({ task, predictions }, model) {
  if (task === "classification")
    return predictions.map(({ label, index, score }) => ({ label, index, share: score })).slice(0, MOST);
  if (task === "segmentation")
    return predictions.filter(({ label, index }) => !isBackground(label, index)).slice(0, MOST);
  const found = new Map();
  for (const { label, index, score } of predictions) {
    const entry = found.get(index) ?? { label, index, share: score, count: 0 };
    entry.count++;
    found.set(index, entry);
  }
  return [...found.values()].slice(0, MOST);
}

function row({ label, index, share, count }, model) {
  const color = css(colorOf(model, model.task === "classification" ? 0 : index));
  const item = document.createElement("li");
  const swatch = part("span", "swatch");
  swatch.style.background = color;
  const bar = part("span", "bar");
  const filled = document.createElement("i");
  filled.style.cssText = `background: ${color}; transform: scaleX(${Math.max(0.01, share)})`;
  bar.append(filled);
  const name = count > 1 ? `${label} × ${count}` : label;
  item.append(swatch, part("span", "label", name), part("span", "share", percent(share)), bar);
  return item;
}

function part(kind, name, text = "") {
  const element = document.createElement(kind);
  element.className = name;
  element.textContent = text;
  return element;
}

const percent = (share) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
