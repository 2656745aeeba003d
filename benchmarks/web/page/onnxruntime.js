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
  const run = async () => {
    const feeds = { [session.inputNames[0]]: new ort.Tensor("float32", values, shape) };
    const results = await session.run(feeds);
    return session.outputNames.map((name) => results[name]);
  };
  return {
    run: async () => (await run()).map(({ data }) => data),
    // Maps have their channels first, which whoever compares them has last; no run is charged for it.
    outputs: async () => (await run()).map(({ data, dims }) => (dims.length === 4 ? lastly(data, dims[1]) : data)),
  };
}

/** [pixels][3] as [3][pixels]. */
function turned(floats) {
  const pixels = floats.length / 3;
  return Float32Array.from(floats, (_, i) => floats[(i % pixels) * 3 + Math.floor(i / pixels)]);
}

/** [channels][pixels] as [pixels][channels]. */
function lastly(values, channels) {
  const pixels = values.length / channels;
  return Float32Array.from(values, (_, i) => values[(i % channels) * pixels + Math.floor(i / channels)]);
}
