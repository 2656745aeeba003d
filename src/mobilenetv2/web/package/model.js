/** A model as a page has it: the worker's other end. */

import { EngineError, fromPlain } from "./errors.js";
import { toPost } from "./picture.js";
import { Result } from "./result.js";

/** Ends workers of models that nobody disposed of and nobody can reach any more. */
const forgotten = new FinalizationRegistry((worker) => worker.terminate());

/** A line to a worker: questions with numbers, so that answers find who asked. */
class Line {
  constructor(worker) {
    this.worker = worker;
    this.waiting = new Map();
    this.last = 0;
    worker.onmessage = ({ data }) => this.receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.close(`the engine's worker failed: ${event.message ?? "its file could not be loaded"}`);
    };
  }

  /** The answer to a message. */
  ask(message, moved) {
    if (!this.worker) return Promise.reject(new EngineError(this.why));
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, ...message }, moved);
    });
  }

  receive({ id, result, error }) {
    const asked = this.waiting.get(id);
    this.waiting.delete(id);
    return error ? asked?.reject(fromPlain(error)) : asked?.resolve(result);
  }

  /** End the worker; whoever waits, and whoever asks from now on, is told why. */
  close(why) {
    this.why = why;
    this.worker?.terminate();
    this.worker = null;
    for (const { reject } of this.waiting.values()) reject(new EngineError(why));
    this.waiting.clear();
  }
}

/** What `load` gives; see index.d.ts. */
export class Model {
  #line;

  constructor(line, facts) {
    this.#line = line;
    Object.assign(this, facts);
    Object.freeze(this);
    forgotten.register(this, line.worker, this);
  }

  async predict(picture, options = {}) {
    const { picture: posted, moved } = await toPost(picture);
    const asked = await this.#line.ask({ predict: { picture: posted, options } }, moved);
    return new Result(asked);
  }

  dispose() {
    forgotten.unregister(this);
    this.#line.close("the model was disposed of; load it again");
  }
}

/**
 * A model behind a new worker, where the engine starts while the program arrives.
 *
 * @param file promise of the program's, as `download` gives it.
 * @param module promise of the engine's WebAssembly.Module.
 * @param threads how many an answer may use.
 */
export async function openModel(file, module, threads) {
  const line = new Line(new Worker(new URL("./worker.js", import.meta.url), { type: "module" }));
  try {
    // In a list: nobody waits for the answer before the program is there too.
    const asked = module.then((compiled) => [
      heard(line.ask({ start: { module: compiled, threads } })),
    ]);
    const [{ bytes, checked, keep }, [started]] = await Promise.all([file, asked]);
    const opened = heard(line.ask({ open: { bytes } }, [bytes]));
    await started;
    // Of a file that is another one than was meant it is that what has to be said.
    await checked;
    const { facts, read } = await opened;
    keep(read);
    return new Model(line, facts);
  } catch (error) {
    line.close("the model could not be loaded");
    throw error;
  }
}

/** A promise whose failure may find nobody there, where something else went wrong before. */
function heard(promise) {
  promise.catch(() => {});
  return promise;
}
