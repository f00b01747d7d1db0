/** An exported student, run by LiteRT in WebAssembly: one window in, its probabilities out. */

import { Environment, Tensor, loadAndCompile, loadLiteRt } from "../litert/core.js";
import { bytesBeforeArchive, readArchivedText } from "./archive.js";
import { UserError } from "./errors.js";
import { isSilent, withinFullScale } from "./recording.js";

const FORMAT = 1; // of model.json that this page reads
const IDENTIFIER = "TFL3"; // at byte 4 of every TFLite file
const EXPORT_HINT = "choose a file written by recipes/export_tflite.py.";

/** Load the WebAssembly runtime, once, before the first `Student.load`. */
export async function startRuntime() {
  // The page computes on the CPU alone: it asks for no GPU, and the runtime does not warn that there is none.
  const create = Environment.create;
  Environment.create = () => create({ webGpuDevice: null });
  // What the runtime prints is for its developers; a file it cannot run becomes a sentence on the page.
  self.Module = { print() {}, printErr() {} };
  await loadLiteRt(new URL("../litert/wasm/", import.meta.url).href);
}

export class Student {
  /**
   * @param {ArrayBuffer} content of a `.tflite` file.
   * @param {string} name of the file, for errors.
   * @returns {Promise<Student>}
   * @throws {UserError} not a TFLite file, without our metadata, or not a student.
   */
  static async load(content, name) {
    const description = describe(content, name);
    await checkHash(content, description.flatbuffer_sha256, name);
    let compiled;
    try {
      compiled = await loadAndCompile(new Uint8Array(content), { accelerator: "wasm" });
    } catch {
      throw new UserError(`${name} is damaged: the runtime cannot load it; export it again.`);
    }
    const student = new Student(compiled, description, content.byteLength);
    try {
      student.#check(name);
    } catch (error) {
      student.delete();
      throw error;
    }
    return student;
  }

  #compiled;
  #output; // which of the outputs holds the probabilities

  constructor(compiled, description, bytes) {
    this.#compiled = compiled;
    this.description = description;
    this.bytes = bytes;
    this.classNames = description.class_names;
    this.rate = description.sample_rate;
    this.window = description.window_samples;
    this.hop = Math.max(1, Math.round(description.hop_seconds * description.sample_rate));
  }

  /**
   * Score the window that starts at sample `start`; what lies beyond the waveform's end is zero, and a window beyond
   * full scale is divided, not clipped.
   *
   * @param {Float32Array} waveform at `rate`, full scale 1.
   * @param {number} start
   * @returns {Promise<{start: number, end: number, silent: boolean, probabilities: Float32Array}>} times in seconds.
   */
  async score(waveform, start) {
    const window = waveform.subarray(start, start + this.window);
    const filled = new Float32Array(this.window);
    filled.set(withinFullScale(window));
    const input = new Tensor(filled, [1, this.window]);
    const outputs = await this.#compiled.run([input]);
    const probabilities = Float32Array.from(outputs[this.#output].toTypedArray());
    for (const tensor of [input, ...outputs]) tensor.delete();
    const end = start + window.length;
    return { start: start / this.rate, end: end / this.rate, silent: isSilent(window), probabilities };
  }

  delete() {
    this.#compiled.delete();
  }

  #check(name) {
    const inputs = this.#compiled.getInputDetails();
    const outputs = this.#compiled.getOutputDetails();
    if (inputs.length !== 1 || inputs[0].dtype !== "float32" || `${inputs[0].shape}` !== `1,${this.window}`) {
      const found = inputs.map(({ dtype, shape }) => `${dtype} [${shape}]`).join(" and ");
      throw new UserError(
        `${name} takes ${found}; expected float32 [1,${this.window}], as the model.json inside it says.`,
      );
    }
    this.#output = outputs.length === 1 ? 0 : outputs.findIndex((output) => output.name === "probabilities");
    const output = outputs[this.#output];
    if (output?.dtype !== "float32" || `${output.shape}` !== `1,${this.classNames.length}`) {
      throw new UserError(
        `${name} gives no probabilities for its ${this.classNames.length} classes; ${EXPORT_HINT}`,
      );
    }
  }
}

function describe(content, name) {
  if (!content.byteLength) throw new UserError(`${name} is empty (0 bytes); ${EXPORT_HINT}`);
  const head = String.fromCharCode(...new Uint8Array(content.slice(4, 8)));
  if (head !== IDENTIFIER) throw new UserError(`${name} is not a TFLite model; ${EXPORT_HINT}`);
  const text = readArchivedText(content, "model.json");
  if (text === null) {
    throw new UserError(`${name} has no model.json that names its classes and window; ${EXPORT_HINT}`);
  }
  let description;
  try {
    description = JSON.parse(text);
  } catch {
    throw new UserError(`model.json inside ${name} is not JSON; ${EXPORT_HINT}`);
  }
  if (description?.format !== FORMAT) {
    throw new UserError(
      `model.json inside ${name} has format ${description?.format}; this page reads format ${FORMAT}.`,
    );
  }
  const wrong = Object.keys(EXPECTED).find((key) => !EXPECTED[key](description[key]));
  if (wrong) throw new UserError(`model.json inside ${name} has no usable ${wrong}; ${EXPORT_HINT}`);
  return description;
}

/** A changed weight does not disturb the runtime: it would give other numbers. */
async function checkHash(content, expected, name) {
  // Browsers have no hash for pages that came unprotected from another computer.
  if (!expected || !crypto.subtle) return;
  const hash = await crypto.subtle.digest("SHA-256", content.slice(0, bytesBeforeArchive(content)));
  const found = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found !== expected) {
    throw new UserError(`${name} is damaged: it does not have the hash that its model.json names; export it again.`);
  }
}

const isPositive = (value) => Number.isFinite(value) && value > 0;
const isCount = (value) => Number.isInteger(value) && value > 0;
const EXPECTED = {
  class_names: (names) => Array.isArray(names) && names.length > 1 && names.every((n) => typeof n === "string"),
  sample_rate: isCount,
  window_samples: isCount,
  hop_seconds: isPositive,
  front_end: (options) =>
    options !== null &&
    typeof options === "object" &&
    [options.n_fft, options.hop_length, options.n_mels].every(isCount) &&
    isPositive(options.top_db),
};
