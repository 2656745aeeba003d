/** The models on offer, one of them loaded. */

import { load } from "./mobilenetv2/index.js";

/**
 * @param find gives elements by their id.
 * @param offered of site.json: a list of {name, title, file, sha256}.
 * @param chosen called when the user wants another one.
 */
export function makeModels(find, offered, chosen) {
  let model = null;
  let current = offered.find(({ name }) => `#${name}` === location.hash) ?? offered[0];
  // Of two that are being loaded the one asked for last counts.
  let turn = 0;

  for (const one of offered) {
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), {
      type: "radio",
      name: "model",
      value: one.name,
      checked: one === current,
    });
    input.addEventListener("change", () => {
      current = one;
      history.replaceState(null, "", `#${one.name}`);
      chosen();
    });
    label.title = one.note;
    label.append(input, one.title);
    find("models").append(label);
  }
  find("models").hidden = offered.length < 2;

  /** The chosen one, ready; null where another was asked for meanwhile. */
  async function open(threads) {
    const own = ++turn;
    model?.dispose();
    model = null;
    find("note").textContent = current.note;
    const bar = find("progress");
    bar.hidden = false;
    bar.removeAttribute("value");
    const onProgress = ({ received, expected }) => {
      if (own === turn && expected) bar.value = received / expected;
    };
    // Without https a browser computes no hashes.
    const sha256 = self.isSecureContext ? current.sha256 : undefined;
    try {
      const loaded = await load(current.file, { sha256, threads, onProgress });
      if (own === turn) return (model = loaded);
      loaded.dispose();
      return null;
    } finally {
      if (own === turn) bar.hidden = true;
    }
  }

  return { open };
}
