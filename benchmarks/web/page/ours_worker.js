/** The package's engine without what comes before and behind it. */

import { openProgram, startEngine } from "./package/engine.js";
import { compileModule, moduleName } from "./package/module.js";
import { readProgram } from "./package/program_file.js";

let run = null;

async function open({ url, threads, kernels, pixels }) {
  const engine = startEngine(await compileModule(`/mobilenetv2/${moduleName(kernels)}`), threads);
  const program = readProgram(await (await fetch(url)).arrayBuffer());
  const network = openProgram(engine, program);
  run = () => network.run(pixels, threads);
  return network.kernels;
}

function time(runs, most) {
  const times = [];
  const end = performance.now() + most;
  while (times.length < 3 || (times.length < runs && performance.now() < end)) {
    const begin = performance.now();
    run();
    times.push(performance.now() - begin);
  }
  return times;
}

self.onmessage = async ({ data }) => {
  try {
    if (data.open) return self.postMessage(await open(data.open));
    if (data.runs) return self.postMessage(time(data.runs, data.most));
    return self.postMessage(run().map(({ values }) => values));
  } catch (error) {
    return self.postMessage({ error: String(error) });
  }
};
