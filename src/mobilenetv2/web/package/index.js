/** MobileNetV2 in a browser: pictures to labels, boxes and outlines. See index.d.ts. */

import { asItIs, download } from "./download.js";
import {
  DownloadError,
  EngineError,
  MobileNetV2Error,
  ModelError,
  OptionError,
  PictureError,
} from "./errors.js";
import { openModel } from "./model.js";
import { compileModule, moduleName } from "./module.js";

export { DownloadError, EngineError, MobileNetV2Error, ModelError, OptionError, PictureError };

/** More threads than that wait for one another on a small picture. */
const MOST_THREADS = 4;

/** More than any machine with a browser has. */
const LARGEST_TEAM = 64;

/** A model ready to answer, from the address of a program file or from its bytes. */
export async function load(source, { sha256, threads, kernels, engine, onProgress } = {}) {
  const used = checkedThreads(threads);
  const folder = engine === undefined ? import.meta.url : absolute(engine);
  const module = compileModule(new URL(moduleName(kernels), folder).href);
  return openModel(fileOf(source, sha256, onProgress), module, used);
}

async function fileOf(source, sha256, onProgress) {
  // A copy: the bytes move to the worker, and the caller's stay.
  if (source instanceof ArrayBuffer) return asItIs(source.slice());
  if (source instanceof Blob) return asItIs(await source.arrayBuffer());
  const report = onProgress && ((received, expected) => onProgress({ received, expected }));
  return download(absolute(source), sha256, report);
}

/** As many as there are cores, up to 4, where the page is cross-origin isolated; else 1. */
export function defaultThreads() {
  const cores = globalThis.navigator?.hardwareConcurrency ?? 1;
  return globalThis.crossOriginIsolated ? Math.min(cores, MOST_THREADS) : 1;
}

function checkedThreads(threads) {
  if (threads === undefined || threads === null) return defaultThreads();
  if (!Number.isInteger(threads) || threads < 1 || threads > LARGEST_TEAM)
    throw new OptionError(`threads must be a whole number from 1 to ${LARGEST_TEAM}, got ${threads}`);
  if (threads > 1 && !globalThis.crossOriginIsolated)
    throw new OptionError(
      `threads must be 1 on a page that is not cross-origin isolated, got ${threads}: serve it with ` +
        "Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, " +
        "or leave out the option",
    );
  return threads;
}

function absolute(url) {
  return new URL(url, globalThis.document?.baseURI ?? location.href).href;
}
