/** TensorFlow.js with its WebAssembly backend: fused layers, from a list that Python wrote. */

const DIST = "/node_modules/@tensorflow/tfjs-backend-wasm/dist/";

export async function open({ folder, threads, floats, facts }) {
  await script("/node_modules/@tensorflow/tfjs-core/dist/tf-core.min.js");
  await script(`${DIST}tf-backend-wasm.min.js`);
  const { tf } = window;
  tf.wasm.setWasmPaths(DIST);
  tf.wasm.setThreadsCount(threads);
  await tf.setBackend("wasm");
  const numbers = new Float32Array(await (await fetch(`${folder}/layers.bin`)).arrayBuffer());
  const layers = facts.layers.map((layer) => withWeights(tf, layer, numbers));
  const [height, width] = facts.size;
  return {
    async run() {
      const made = tf.tidy(() => answer(tf, layers, tf.tensor4d(floats, [1, height, width, 3])));
      const values = await made.data();
      made.dispose();
      return [values];
    },
  };
}

function withWeights(tf, layer, numbers) {
  if (layer.kind !== "conv" && layer.kind !== "depthwise") return layer;
  const count = layer.filter.reduce((all, side) => all * side, 1);
  const bias = layer.filter[layer.kind === "conv" ? 3 : 2];
  const at = layer.offset;
  return {
    ...layer,
    filter: tf.tensor4d(numbers.slice(at, at + count), layer.filter),
    bias: tf.tensor1d(numbers.slice(at + count, at + count + bias)),
  };
}

function answer(tf, layers, input) {
  const maps = new Map([["input", input]]);
  let last = input;
  for (const { kind, name, sources, filter, bias, stride, activation, window: sides } of layers) {
    const [x, other] = sources.map((source) => maps.get(source));
    const given = { x, filter, bias, strides: stride, pad: "same", activation };
    if (kind === "conv") last = tf.fused.conv2d(given);
    else if (kind === "depthwise") last = tf.fused.depthwiseConv2d(given);
    else if (kind === "add") last = tf.add(x, other);
    else last = tf.avgPool(x, sides, 1, "valid");
    maps.set(name, last);
  }
  return tf.reshape(last, [-1]);
}

function script(src) {
  return new Promise((resolve, reject) => {
    const element = Object.assign(document.createElement("script"), { src, onload: resolve, onerror: reject });
    document.head.append(element);
  });
}
