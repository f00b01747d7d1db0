/**
 * npm start -- [MODEL.tflite] [--port 8000]: build the page and serve it on this machine alone.
 */

import { readFile, readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, sep } from "node:path";
import { build, options } from "./build.mjs";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".tflite": "application/octet-stream",
};
const { model, output, port } = options();
await build(model, output);

// The page's own policy, and what a <meta> cannot say.
const [, policy] = /content="(default-src [^"]+)"/.exec(await readFile(join(output, "index.html"), "utf8"));
const HEADERS = {
  "Content-Security-Policy": `${policy}; frame-ancestors 'none'`,
  "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-cache",
};

// The files that there are, by their addresses: a request can name nothing else.
const files = new Map();
for (const name of await readdir(output, { recursive: true })) {
  files.set(`/${name.split(sep).join("/")}`, join(output, name));
}
files.set("/", files.get("/index.html"));

const server = createServer(async (request, response) => {
  const file = files.get(request.url.split("?")[0]);
  const type = file && TYPES[extname(file)];
  if (request.method !== "GET" || !type) {
    response.writeHead(404, HEADERS).end();
    return;
  }
  const content = await readFile(file);
  response.writeHead(200, { ...HEADERS, "Content-Type": type, "Content-Length": content.length }).end(content);
});
server.listen(Number(port), "127.0.0.1", () => {
  console.log(`The page is at http://localhost:${server.address().port}/ (Ctrl-C ends it).`);
});
