/** A recording as it grows: keeps what the microphone heard and scores each window once it is whole. */

import { windowStarts } from "./recording.js";

const FIRST_SECONDS = 60; // of memory; doubled when full

export class Listening {
  #samples;
  #length = 0;
  #scored = 0; // windows of the plan that were scored
  #running = Promise.resolve();

  /** @param {Student} student */
  constructor(student) {
    this.student = student;
    this.windows = [];
    this.#samples = new Float32Array(FIRST_SECONDS * student.rate);
  }

  get waveform() {
    return this.#samples.subarray(0, this.#length);
  }

  /** Append samples at the model's rate. */
  push(samples) {
    while (this.#length + samples.length > this.#samples.length) {
      const larger = new Float32Array(2 * this.#samples.length);
      larger.set(this.#samples);
      this.#samples = larger;
    }
    this.#samples.set(samples, this.#length);
    this.#length += samples.length;
  }

  /**
   * Score the windows that have become whole, in turn.
   *
   * @returns {Promise<boolean>} whether there was a new window.
   */
  advance() {
    const { window, hop } = this.student;
    return this.#score(() => {
      const whole = this.#length < window ? 0 : Math.floor((this.#length - window) / hop) + 1;
      return Array.from({ length: whole }, (_, index) => index * hop);
    });
  }

  /** Score what is left at the end, so that the windows are those of a file with the same samples. */
  finish() {
    return this.#score(() => windowStarts(this.#length, this.student.window, this.student.hop));
  }

  #score(plan) {
    this.#running = this.#running.then(async () => {
      const starts = plan().slice(this.#scored);
      for (const start of starts) {
        this.#scored++;
        this.windows.push(await this.student.score(this.waveform, start));
      }
      return starts.length > 0;
    });
    return this.#running;
  }
}
