// Calls functions of the JavaScript package for tests in Python: a line of JSON in, a line out.
// An array of numbers is {"kind": "Uint8Array", "base64": ...} on the way, bytes are an ArrayBuffer.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const KINDS = { Uint8Array, Uint8ClampedArray, Int32Array, Uint32Array, Float32Array, Float64Array };

function unpack(_, value) {
  if (!value?.base64) return value;
  const bytes = Uint8Array.from(Buffer.from(value.base64, "base64"));
  return value.kind === "ArrayBuffer" ? bytes.buffer : new KINDS[value.kind](bytes.buffer);
}

function pack(_, value) {
  if (!ArrayBuffer.isView(value)) return value;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return { kind: value.constructor.name, base64: bytes.toString("base64") };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { file, name, given } = JSON.parse(line, unpack);
  let answer;
  try {
    const module = await import(pathToFileURL(file));
    answer = { result: (await module[name](...given)) ?? null };
  } catch (error) {
    answer = { error: { name: error.name, message: error.message } };
  }
  process.stdout.write(JSON.stringify(answer, pack) + "\n");
}
