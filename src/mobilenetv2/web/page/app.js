/** The page: pictures and frames in, answers out. */

import { makeAnswers, sentence } from "./answers.js";
import { makeCamera } from "./camera.js";
import { offerExamples, takePictures } from "./intake.js";
import { makeMeter } from "./meter.js";
import { makeModels } from "./models.js";
import { keepForOffline } from "./offline.js";
import { makeSettings } from "./settings.js";
import { makeStage } from "./stage.js";

/** Between changes of the list while the camera runs: a reader needs that long. */
const LIST_EVERY = 150;
/** Between sentences to screen readers. */
const SAY_EVERY = 3000;

const find = (id) => document.getElementById(id);

async function main() {
  const site = await (await fetch("site.json")).json();
  const answers = makeAnswers(find);
  const stage = makeStage(find);
  const meter = makeMeter(find);
  const camera = makeCamera(find("video"), answerFrame);
  const settings = makeSettings(find, { threshold: repeat, threads: open });
  const models = makeModels(find, site.models, open);
  let model = null;
  let picture = null;
  let listed = 0;
  let said = 0;

  takePictures(find, takePicture);
  offerExamples(find, site.examples, takePicture);
  find("camera").addEventListener("click", guarded(toggleCamera));
  find("turn").addEventListener("click", guarded(() => camera.turn()));
  await open();
  if (site.offline) keepForOffline();

  async function open() {
    await guarded(async () => {
      model = null;
      answers.clear();
      answers.say("Loading the model …");
      const opened = await models.open(settings.threads());
      if (!opened) return;
      model = opened;
      settings.show(model);
      answers.say("Ready.");
      await repeat();
    })();
  }

  async function takePicture(blob) {
    await guarded(async () => {
      if (camera.isOn()) stopCamera();
      picture = blob;
      await repeat();
    })();
  }

  /** Answer the picture that is shown once more: other options, another model. */
  async function repeat() {
    if (!picture || !model || camera.isOn()) return;
    await guarded(async () => {
      const own = picture;
      const result = await model.predict(own, settings.options());
      if (own !== picture) return;
      const blob = own instanceof Blob ? own : await (await fetch(own)).blob();
      const bitmap = await createImageBitmap(blob);
      tell(bitmap, result);
      bitmap.close();
    })();
  }

  function tell(bitmap, result) {
    const text = sentence(result, model);
    stage.show(bitmap, result, model);
    stage.describe(text);
    answers.list(result, model);
    answers.facts(result, model);
    answers.say(text);
  }

  async function answerFrame(frame) {
    if (!model) return stage.show(frame, null, null, true);
    const own = model;
    const result = await own.predict(frame, settings.options()).catch((error) => {
      // A model that was changed meanwhile is disposed of; any other error is one.
      if (own === model) throw error;
    });
    if (!result || own !== model || !camera.isOn()) return;
    stage.show(frame, result, model, true);
    meter.count(result.milliseconds.network);
    const now = performance.now();
    if (now - listed > LIST_EVERY) {
      answers.list(result, model);
      answers.facts(result, model);
      listed = now;
    }
    if (now - said > SAY_EVERY) {
      answers.say(sentence(result, model));
      stage.describe(sentence(result, model));
      said = now;
    }
  }

  async function toggleCamera() {
    if (camera.isOn()) return stopCamera();
    picture = null;
    find("turn").hidden = !(await camera.start());
    showCamera(true);
  }

  function stopCamera() {
    camera.stop();
    meter.stop();
    find("turn").hidden = true;
    showCamera(false);
  }

  function showCamera(on) {
    find("camera").setAttribute("aria-pressed", String(on));
    find("camera").querySelector("span").textContent = on ? "Stop camera" : "Use camera";
  }

  /** The same function, whose errors are told on the page. */
  function guarded(work) {
    return () => Promise.resolve(work()).catch((error) => answers.say(error.message, true));
  }
}

main().catch((error) => {
  find("said").textContent = `The page could not start: ${error.message}`;
});
