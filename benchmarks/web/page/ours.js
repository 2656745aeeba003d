/** Ours: for rounds the engine alone, in its worker; for the first answer the package as it is. */

import { load } from "/mobilenetv2/index.js";

export async function open(given) {
  return new URLSearchParams(location.search).has("first") ? openPackage(given) : openWorker(given);
}

async function openPackage({ folder, threads, form, pixels, facts: { size } }) {
  const model = await load(`${folder}/model.program`, { threads, kernels: form });
  const [height, width] = size;
  const picture = new ImageData(rgba(pixels), width, height);
  return { run: () => model.predict(picture) };
}

async function openWorker({ folder, threads, form, pixels }) {
  const worker = new Worker("ours_worker.js", { type: "module" });
  const ask = (message) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data));
      worker.postMessage(message);
    });
  await ask({ open: { url: `${folder}/model.program`, threads, kernels: form, pixels } });
  return { time: (runs, most) => ask({ runs, most }), run: () => ask({ outputs: true }) };
}

function rgba(pixels) {
  const data = new Uint8ClampedArray((pixels.length / 3) * 4).fill(255);
  for (let i = 0, j = 0; i < pixels.length; i++, j += i % 3 ? 1 : 2) data[j] = pixels[i];
  return data;
}
