/** The drawer: threshold and threads, and what the model says of itself. */

import { defaultThreads } from "./mobilenetv2/index.js";

const THREADS = "mobilenetv2-threads";
const MOST = 8;
const STRETCHED = ", grey of 16 bits stretched: save it so with 8";

/**
 * @param find gives elements by their id.
 * @param changed `threshold()` and `threads()`: called when one was chosen.
 */
export function makeSettings(find, changed) {
  const drawer = find("settings");
  find("open-settings").addEventListener("click", () => drawer.showModal());
  // A press beside the drawer closes it: it is the dialog itself that is hit there.
  drawer.addEventListener("click", (event) => event.target === drawer && isBeside(event, drawer) && drawer.close());
  find("threshold").addEventListener("input", () => {
    tellThreshold();
    changed.threshold();
  });
  offerThreads();

  function offerThreads() {
    const most = self.crossOriginIsolated ? Math.min(MOST, navigator.hardwareConcurrency || 1) : 1;
    const choices = Array.from({ length: most }, (_, i) => new Option(String(i + 1), String(i + 1)));
    find("threads").replaceChildren(...choices);
    const kept = Number(localStorage.getItem(THREADS)) || defaultThreads();
    find("threads").value = String(Math.min(most, kept));
    find("threads").disabled = most === 1;
    find("threads-note").textContent = self.crossOriginIsolated
      ? "A small network is done soonest with two to four."
      : "This page is not cross-origin isolated, so one is all that it may have.";
    find("threads").addEventListener("change", () => {
      localStorage.setItem(THREADS, find("threads").value);
      changed.threads();
    });
  }

  function tellThreshold() {
    find("threshold-value").textContent = `${Math.round(100 * find("threshold").value)} %`;
  }

  /** The model's own threshold, and what it says of itself. */
  function show(model) {
    const own = model.options.threshold;
    find("threshold").disabled = own === undefined;
    find("threshold").value = own ?? 0;
    find("threshold-note").textContent =
      own === undefined ? "An outline has none: each pixel takes its likeliest class." : "What scores below is left out.";
    tellThreshold();
    const [height, width] = model.preprocessing.size;
    describe([
      ["Task", model.task],
      ["Knows", `${model.labels.length} labels`],
      ["Sees", `${width} × ${height} pixels${model.preprocessing.stretch ? STRETCHED : ""}`],
      ["Computes in", model.kernels],
      ["From", model.source],
      ["License", model.license],
    ]);
  }

  function describe(entries) {
    const parts = entries.flatMap(([name, value]) => [
      Object.assign(document.createElement("dt"), { textContent: name }),
      Object.assign(document.createElement("dd"), { textContent: value }),
    ]);
    find("about").replaceChildren(...parts);
  }

  /** Options of `predict`. */
  function options() {
    return find("threshold").disabled ? {} : { threshold: Number(find("threshold").value) };
  }

  return { show, options, threads: () => Number(find("threads").value) };
}

function isBeside({ clientX: x, clientY: y }, drawer) {
  const { left, top, right, bottom } = drawer.getBoundingClientRect();
  return x < left || x > right || y < top || y > bottom;
}
