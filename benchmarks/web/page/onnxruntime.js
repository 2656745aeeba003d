/** onnxruntime-web, its WebAssembly provider. */

import * as ort from "/node_modules/onnxruntime-web/dist/ort.wasm.min.mjs";

export async function open({ folder, threads, floats, facts: { size: [height, width] } }) {
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = "/node_modules/onnxruntime-web/dist/";
  const session = await ort.InferenceSession.create(`${folder}/model.onnx`, {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "all",
  });
  const channelsFirst = session.inputMetadata[0].shape[1] === 3;
  const shape = channelsFirst ? [1, 3, height, width] : [1, height, width, 3];
  const values = channelsFirst ? turned(floats) : floats;
  return {
    async run() {
      const feeds = { [session.inputNames[0]]: new ort.Tensor("float32", values, shape) };
      const results = await session.run(feeds);
      return session.outputNames.map((name) => results[name].data);
    },
  };
}

/** [pixels][3] as [3][pixels]. */
function turned(floats) {
  const pixels = floats.length / 3;
  return Float32Array.from(floats, (_, i) => floats[(i % pixels) * 3 + Math.floor(i / pixels)]);
}
