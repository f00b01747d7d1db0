/**
 * node build.mjs [MODEL.tflite] [--output FOLDER]: everything the page needs in one folder, for any static host.
 */

import { existsSync } from "node:fs";
import { copyFile, cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const HERE = dirname(fileURLToPath(import.meta.url));
const PACKAGES = join(HERE, "node_modules", "@litertjs");
const OWN = ["index.html", "style.css", "icon.svg", "src"];
// With and without relaxed SIMD, on one thread; the runtime picks by what the browser can do.
const RUNTIMES = ["litert_wasm_internal", "litert_wasm_compat_internal"];

/** @param {string | undefined} model a `.tflite` file that the page starts with, @param {string} output folder. */
export async function build(model, output) {
  if (!existsSync(PACKAGES)) fail("The page's packages are not installed; run npm ci in web/ first.");
  if (model && !existsSync(model)) fail(`${model} is not there; expected a .tflite file.`);
  await mkdir(join(output, "litert", "wasm"), { recursive: true });
  for (const name of OWN) await cp(join(HERE, name), join(output, name), { recursive: true });
  for (const name of RUNTIMES.flatMap((runtime) => [`${runtime}.js`, `${runtime}.wasm`])) {
    await copyFile(join(PACKAGES, "core", "wasm", name), join(output, "litert", "wasm", name));
  }
  // Browsers know no bare names, and a map of them would be an inline script, which the page's policy forbids.
  await copyModule("core", output, (text) => text.replace('"@litertjs/wasm-utils"', '"./wasm-utils.js"'));
  await copyModule("wasm-utils", output);
  if (model) await copyFile(model, join(output, "student.tflite"));
  await writeFile(
    join(output, "src", "site.js"),
    `/** Written by build.mjs: the model that the page starts with. */\nexport const MODEL = ${
      model ? '"student.tflite"' : "null"
    };\n`,
  );
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

async function copyModule(name, output, change = (text) => text) {
  const text = await readFile(join(PACKAGES, name, "dist", "index.js"), "utf8");
  const withoutMap = text.replace(/^\/\/# sourceMappingURL=.*$/m, "");
  await writeFile(join(output, "litert", `${name}.js`), change(withoutMap));
}

/** @returns {{model?: string, output: string, port: string}} of the command line. */
export function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      output: { type: "string", default: join(HERE, "dist") },
      port: { type: "string", default: "8000" },
    },
  });
  return { model: positionals[0], ...values };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { model, output } = options();
  await build(model, output);
  console.log(`The page is in ${output}.`);
}
