/** A model's file from the net or from the browser's cache, whole and checked. */

import { DownloadError } from "./errors.js";

/** Of the browser's Cache Storage: it stays until the site's data are deleted. */
export const CACHE = "mobilenetv2-models";

/** Addresses of files that are on their way into the cache, each with the promise of its end. */
const underWay = new Map();

/**
 * The file behind an address.
 *
 * With a hash, a file in the cache that has it is taken without asking the server; without one the
 * server is asked first, and the cache answers where it cannot be reached.
 *
 * @param url absolute.
 * @param sha256 in hexadecimal digits, or nothing.
 * @param report told of bytes received and expected (0: not known) while they arrive, or nothing.
 * @returns `bytes`, ArrayBuffer; `checked`, which fails with a DownloadError where they are not what
 *   was promised: computed aside, so that the engine need not wait for it; `keep`, which takes the
 *   bytes once nobody needs them any more, for the next time.
 * @throws DownloadError it cannot be fetched.
 */
export async function download(url, sha256, report) {
  if (!sha256) return downloadAny(url, report);
  const kept = await find(url);
  if (kept && (await hash(kept)) === sha256.toLowerCase()) return asItIs(kept);
  const bytes = await receive(url, report);
  // The hash is that of the bytes as they are now, wherever they are moved meanwhile.
  const checked = check(hash(bytes), url, sha256);
  // Nobody may be there to hear of it, where something else went wrong too.
  checked.catch(() => {});
  return { bytes, checked, keep: (own) => put(url, own) };
}

async function downloadAny(url, report) {
  try {
    const bytes = await receive(url, report);
    return { bytes, checked: Promise.resolve(), keep: (own) => put(url, own) };
  } catch (error) {
    const kept = await find(url);
    if (kept) return asItIs(kept);
    throw error;
  }
}

/** Bytes that need neither to be checked nor to be kept. */
export const asItIs = (bytes) => ({ bytes, checked: Promise.resolve(), keep() {} });

async function find(url) {
  await underWay.get(url);
  const cache = await openCache();
  return (await cache?.match(url))?.arrayBuffer();
}

/** Nobody waits for the disk, and a full one must not keep a model from running. */
function put(url, bytes) {
  const ended = openCache()
    .then((cache) => cache?.put(url, new Response(bytes)))
    .catch(() => {})
    .then(() => underWay.delete(url));
  underWay.set(url, ended);
}

/** The cache, or null where pages have none (without https) or may not keep anything. */
async function openCache() {
  try {
    return await caches.open(CACHE);
  } catch {
    return null;
  }
}

async function receive(url, report) {
  let response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw new DownloadError(
      `${url} could not be fetched: ${error.message}. Is there a network, and does the server let ` +
        "this page read it (CORS)?",
    );
  }
  if (!response.ok)
    throw new DownloadError(`${url} could not be fetched: the server says ${response.status}`);
  try {
    return await (report ? gather(response, report) : response.arrayBuffer());
  } catch (error) {
    throw new DownloadError(`${url} broke off: ${error.message}. Load the model again`);
  }
}

async function gather(response, report) {
  // Of a compressed answer the length is that of what travels, not of what arrives here.
  const plain = !response.headers.get("content-encoding");
  const expected = plain ? Number(response.headers.get("content-length")) || 0 : 0;
  const chunks = [];
  let received = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    received += value.length;
    report(received, expected);
  }
  const bytes = new Uint8Array(received);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes.buffer;
}

async function check(hashing, url, sha256) {
  const found = await hashing;
  if (found !== sha256.toLowerCase())
    throw new DownloadError(
      `${url} must have the SHA-256 ${sha256}, got ${found}: it is damaged, or another model than ` +
        "was meant. Write page and model anew with: mobilenetv2 export MODEL --web DIR",
    );
}

async function hash(buffer) {
  if (!globalThis.crypto?.subtle)
    throw new DownloadError(
      "a browser computes hashes for pages from https or localhost only: serve the page from " +
        "there, or leave out the option sha256",
    );
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", buffer));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
