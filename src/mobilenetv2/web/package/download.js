/** A model's file from the net or from the browser's cache, whole and checked. */

import { DownloadError } from "./errors.js";

/** Of the browser's Cache Storage: it stays until the site's data are deleted. */
export const CACHE = "mobilenetv2-models";

/**
 * The bytes behind an address.
 *
 * With a hash, a file in the cache that has it is taken without asking the server; without one the
 * server is asked first, and the cache answers where it cannot be reached.
 *
 * @param url absolute.
 * @param sha256 in hexadecimal digits, or nothing.
 * @param report told of bytes received and expected (0: not known) while they arrive.
 * @returns ArrayBuffer
 * @throws DownloadError it cannot be fetched, or is not what was promised.
 */
export async function download(url, sha256, report) {
  const cache = await openCache();
  const kept = await cache?.match(url);
  if (kept && sha256) {
    const buffer = await kept.arrayBuffer();
    if ((await hash(buffer)) === sha256.toLowerCase()) return buffer;
  }
  let buffer;
  try {
    buffer = await receive(url, report);
  } catch (error) {
    if (kept && !sha256) return kept.arrayBuffer();
    throw error;
  }
  if (sha256) await check(buffer, url, sha256);
  // Nobody waits for the disk, and a full one must not keep a model from running.
  cache?.put(url, new Response(buffer.slice())).catch(() => {});
  return buffer;
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
    return await gather(response, report);
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
  return new Blob(chunks).arrayBuffer();
}

async function check(buffer, url, sha256) {
  const found = await hash(buffer);
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
