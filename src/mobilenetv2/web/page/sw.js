/*
 * The service worker: the page's own files from the browser's cache. It also sends the headers that
 * threads ask for, which many hosts of static files cannot: from the second visit on.
 */

importScripts("files.js");

const PREFIX = "mobilenetv2-page-";
const { version, files } = self.SITE;
const CACHE = PREFIX + version;
const ADDRESSES = new Set(files.map((file) => new URL(file, self.registration.scope).href));

self.addEventListener("install", (event) => {
  const fill = async () => {
    const cache = await caches.open(CACHE);
    // Past the browser's own cache, which may hold an older version.
    await cache.addAll(files.map((file) => new Request(file, { cache: "reload" })));
    await self.skipWaiting();
  };
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  const clear = async () => {
    for (const name of await caches.keys())
      if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(clear());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = request.url.replace(/[?#].*$/, "");
  const file = url === self.registration.scope ? new URL("index.html", url).href : url;
  if (request.method === "GET" && ADDRESSES.has(file)) event.respondWith(answer(file));
});

async function answer(file) {
  const kept = (await (await caches.open(CACHE)).match(file)) ?? (await fetch(file));
  const headers = new Headers(kept.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  return new Response(kept.body, { status: kept.status, headers });
}
