/** MediaPipe's classifier, which takes pictures, not tensors; it resizes ours to its own size. */

import { FilesetResolver, ImageClassifier } from "/node_modules/@mediapipe/tasks-vision/vision_bundle.mjs";

export async function open({ folder, pixels, facts: { size: [height, width], labels } }) {
  const files = await FilesetResolver.forVisionTasks("/node_modules/@mediapipe/tasks-vision/wasm");
  const classifier = await ImageClassifier.createFromOptions(files, {
    baseOptions: { modelAssetPath: `${folder}/model.tflite`, delegate: "CPU" },
    maxResults: labels,
  });
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0, j = 0; i < pixels.length; i++, j += i % 3 ? 1 : 2) data[j] = pixels[i];
  const picture = new ImageData(data, width, height);
  return {
    async run() {
      const [{ categories }] = classifier.classify(picture).classifications;
      const scores = new Float32Array(labels);
      for (const { index, score } of categories) scores[index] = score;
      return [scores];
    },
  };
}
