/** What a host says with the page's files: their types, and the page's policy with what a <meta> cannot say. */

import { extname } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".tflite": "application/octet-stream",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

/** @param {string} name of a file, @returns {string | undefined} its media type; no other file is handed out. */
export function mediaType(name) {
  return TYPES[extname(name)];
}

/** @param {string} page text of index.html, @returns {Record<string, string>} */
export function headers(page) {
  const [, policy] = /content="(default-src [^"]+)"/.exec(page);
  return {
    "Content-Security-Policy": `${policy}; frame-ancestors 'none'`,
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
  };
}
