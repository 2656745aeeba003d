/** LiteRT.js: `form` "compat" is its module without relaxed SIMD; else it takes what it prefers. */

import { loadAndCompile, loadLiteRt, Tensor } from "@litertjs/core";

const WASM = "/node_modules/@litertjs/core/wasm/";

export async function open({ folder, threads, form, floats, stored, facts }) {
  const place = form === "compat" ? `${WASM}litert_wasm_compat_internal.js` : WASM;
  await loadLiteRt(place, { threads: threads > 1 });
  const options = { accelerator: "wasm", cpuOptions: { numThreads: threads } };
  const model = await loadAndCompile(`${folder}/model.tflite`, options);
  const [height, width] = facts.size;
  return {
    async run() {
      const input = new Tensor(stored ?? floats, [1, height, width, 3]);
      const results = await model.run(input);
      const outputs = results.map((result) => result.toTypedArray().slice());
      for (const tensor of [input, ...results]) tensor.delete();
      return outputs;
    },
  };
}
