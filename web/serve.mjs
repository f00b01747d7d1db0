/**
 * npm start -- [MODEL.tflite] [--sample] [--port 8000]: build the page and serve it on this machine alone.
 */

import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { join, sep } from "node:path";
import { build, options } from "./build.mjs";
import { headers, mediaType } from "./headers.mjs";

const chosen = options();
const { output, port } = chosen;
await build(chosen);
const HEADERS = headers(await readFile(join(output, "index.html"), "utf8"));

// The files that there are, by their addresses: a request can name nothing else.
const files = new Map();
for (const name of await readdir(output, { recursive: true })) {
  files.set(`/${name.split(sep).join("/")}`, join(output, name));
}
files.set("/", files.get("/index.html"));

const server = createServer(async (request, response) => {
  const file = files.get(request.url.split("?")[0]);
  const type = file && mediaType(file);
  if (request.method !== "GET" || !type) {
    response.writeHead(404, HEADERS).end();
    return;
  }
  const content = await readFile(file);
  // What the page has loaded, the service worker then keeps without a second transfer.
  const tag = `"${createHash("sha256").update(content).digest("hex")}"`;
  const said = { ...HEADERS, ETag: tag };
  if (request.headers["if-none-match"] === tag) response.writeHead(304, said).end();
  else response.writeHead(200, { ...said, "Content-Type": type, "Content-Length": content.length }).end(content);
});
server.listen(Number(port), "127.0.0.1", () => {
  console.log(`The page is at http://localhost:${server.address().port}/ (Ctrl-C ends it).`);
});
