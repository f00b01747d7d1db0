// VERSION, FILES (name → {hash, type}) and HEADERS are written above by build.mjs.

/**
 * Hands out the page's own files, as they were built, with the page's policy as a header: whatever host they came from
 * need not set it. It asks the network for these files alone, and refuses everything else.
 */

const PAGE = "index.html";
const RUNTIMES = "litert/wasm/"; // of which a browser loads one
const runtime = new URL(location.href).searchParams.get("runtime");
const prefix = `${registration.scope} `; // another page of the same host has caches of its own
const kept = `${prefix}${VERSION}`;

addEventListener("install", (event) => event.waitUntil(keep()));
addEventListener("activate", (event) => event.waitUntil(forgetOlder()));
addEventListener("message", ({ data }) => data === "take over" && skipWaiting());
addEventListener("fetch", (event) => event.respondWith(answer(event.request)));

async function keep() {
  const cache = await caches.open(kept);
  const names = Object.keys(FILES).filter(
    (name) => !name.startsWith(RUNTIMES) || name.startsWith(`${RUNTIMES}${runtime}.`),
  );
  await Promise.all(names.map(async (name) => cache.put(name, await fetchBuilt(name))));
}

async function forgetOlder() {
  const names = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== kept);
  await Promise.all(names.map((name) => caches.delete(name)));
}

async function answer({ url, method }) {
  if (method !== "GET" || !url.startsWith(registration.scope)) return Response.error();
  const folder = new URL(registration.scope).pathname;
  const name = decodeURIComponent(new URL(url).pathname.slice(folder.length)) || PAGE;
  if (!Object.hasOwn(FILES, name)) return new Response("There is no such file.", { status: 404, headers: HEADERS });
  const cache = await caches.open(kept);
  return (await cache.match(name)) ?? fetchBuilt(name);
}

/** A file from the host, if it is the one that was built; what the browser kept of it may be older. */
async function fetchBuilt(name) {
  const { hash, type } = FILES[name];
  for (const cache of ["default", "reload"]) {
    const response = await fetch(new Request(name, { cache }));
    const content = await response.arrayBuffer();
    if (response.ok && (await sha256(content)) === hash) {
      return new Response(content, { headers: { ...HEADERS, "Content-Type": type } });
    }
  }
  throw new TypeError(`${name} is not the file that was built`);
}

async function sha256(content) {
  const hash = await crypto.subtle.digest("SHA-256", content);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
