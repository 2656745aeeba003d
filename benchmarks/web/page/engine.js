/**
 * One engine with one network: `?engine=NAME&case=NAME&threads=N&form=...`. The page that holds this
 * frame calls `opened`, `time` and `outputs`; opened alone, `first` says when the first answer came.
 */

const asked = Object.fromEntries(new URLSearchParams(location.search));
const folder = `/cases/${asked.case}`;

/** @returns `facts` of the case and its input, as floats and as the network's stored integers. */
async function readCase() {
  const get = async (name) => fetch(`${folder}/${name}`);
  const bytes = async (name) => (await get(name)).arrayBuffer();
  const names = ["pixels.bin", "floats.bin", "stored.bin"];
  const [facts, pixels, floats, stored] = await Promise.all([
    get("case.json").then((answer) => answer.json()),
    ...names.map(bytes),
  ]);
  return {
    facts,
    pixels: new Uint8Array(pixels),
    floats: new Float32Array(floats),
    stored: facts.integers ? new Uint8Array(stored) : null,
  };
}

async function open() {
  const [engine, given] = await Promise.all([import(`./${asked.engine}.js`), readCase()]);
  return engine.open({ folder, threads: Number(asked.threads ?? 1), form: asked.form, ...given });
}

window.opened = open();
// Whoever asks for the engine is told what went wrong.
window.opened.catch(() => {});

/**
 * Milliseconds of each of so many runs, or of as many as begin within `most` milliseconds, three at
 * least; input copied in and outputs read are part of each.
 */
window.time = async (runs, most) => {
  const engine = await window.opened;
  if (engine.time) return engine.time(runs, most);
  const times = [];
  for (const end = performance.now() + most; goesOn(times, runs, end); ) {
    const begin = performance.now();
    await engine.run();
    times.push(performance.now() - begin);
  }
  return times;
};

const goesOn = ({ length }, runs, end) =>
  length < 3 || (length < runs && performance.now() < end);

/** The outputs of a run as lists of numbers, channels last. */
window.outputs = async () => {
  const engine = await window.opened;
  return (await (engine.outputs ?? engine.run)()).map((values) => Array.from(values));
};

/** Milliseconds from the navigation to the first answer. */
window.first = (async () => {
  if (!asked.first) return 0;
  const engine = await window.opened;
  await engine.run();
  return performance.now();
})();
window.first.catch(() => {});
