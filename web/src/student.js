/** An exported student, run by LiteRT in WebAssembly: one window in, its probabilities out. */

import { Environment, Tensor, loadAndCompile, loadLiteRt } from "../litert/core.js";
import { checkFrontEnd, describe } from "./description.js";
import { UserError } from "./errors.js";
import { Levels, withinFullScale } from "./recording.js";

const SLACK = 1e-3; // by which probabilities may miss 0, 1 and their sum
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
   * @throws {UserError} not a TFLite file, without our metadata, edited, or not a student.
   */
  static async load(content, name) {
    const description = await describe(content, name);
    let compiled;
    try {
      compiled = await loadAndCompile(new Uint8Array(content), { accelerator: "wasm" });
    } catch {
      throw new UserError(`${name} is damaged: the runtime cannot load it; export it again.`);
    }
    const student = new Student(compiled, description, content.byteLength);
    try {
      student.#check(name);
      checkFrontEnd(content, description, name);
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
   * Score a window; what it lacks at its end is zero, and one beyond full scale is divided, not clipped.
   *
   * @param {Float32Array} samples of the window, at `rate`, full scale 1; fewer than `window` of a short recording.
   * @param {number} start its first sample in the recording.
   * @returns {Promise<{start: number, end: number, silent: boolean, probabilities: Float32Array}>} times in seconds.
   * @throws {UserError} what the model gives are no probabilities.
   */
  async score(samples, start) {
    const filled = new Float32Array(this.window);
    filled.set(withinFullScale(samples));
    const input = new Tensor(filled, [1, this.window]);
    const outputs = await this.#compiled.run([input]);
    const probabilities = Float32Array.from(outputs[this.#output].toTypedArray());
    for (const tensor of [input, ...outputs]) tensor.delete();
    const sum = probabilities.reduce((total, value) => total + value, 0); // NaN if one is
    if (!(Math.abs(sum - 1) <= SLACK) || probabilities.some((value) => value < -SLACK || value > 1 + SLACK)) {
      throw new UserError("The model gives no probabilities for this recording; export it again.");
    }
    const end = start + samples.length;
    const silent = new Levels().push(samples).isSilent;
    return { start: start / this.rate, end: end / this.rate, silent, probabilities };
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
    if (this.hop > this.window) throw new UserError(`model.json inside ${name} has no usable hop_seconds; ${EXPORT_HINT}`);
    this.#output = outputs.length === 1 ? 0 : outputs.findIndex((output) => output.name === "probabilities");
    const output = outputs[this.#output];
    if (output?.dtype !== "float32" || `${output.shape}` !== `1,${this.classNames.length}`) {
      throw new UserError(
        `${name} gives no probabilities for its ${this.classNames.length} classes; ${EXPORT_HINT}`,
      );
    }
  }
}
