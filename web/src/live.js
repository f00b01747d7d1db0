/** The microphone from its start to its end: what it heard, window by window, and whether it is paused. */

import { Listening } from "./listening.js";
import { Levels } from "./recording.js";

const LONGEST = 600; // seconds: a microphone that was forgotten goes off

export class Live {
  #stream = null; // what the microphone gives, once it is allowed
  #changed;
  #level = 0;

  /**
   * @param {Student} student
   * @param {(live: Live, isNewWindow: boolean) => void} changed called for every block of samples that is heard.
   */
  constructor(student, changed) {
    this.listening = new Listening(student);
    this.paused = false;
    this.#changed = changed;
  }

  /** @param {Microphone} microphone, @throws {UserError} there is none, or its use is not allowed. */
  async start(microphone) {
    this.#stream = await microphone.listen(this.listening.student.rate, (samples) => this.#hear(samples));
  }

  /** A pause leaves no gap: what follows is joined to what was before, as in a recorder. */
  pause(paused) {
    this.paused = paused;
    this.#level = 0;
    this.#stream.mute(paused);
  }

  async close() {
    await this.#stream?.close();
    this.#stream = null;
  }

  get recording() {
    return this.listening.recording("Microphone");
  }

  /** Peak of the latest block, in dB of full scale. */
  get level() {
    return 20 * Math.log10(this.#level);
  }

  /** @returns {{seconds: number, of: number}} how much of the next window there is. */
  get filling() {
    const { length, windows, student } = this.listening;
    const start = windows.length * student.hop;
    return { seconds: (length - start) / student.rate, of: student.window / student.rate };
  }

  get isFull() {
    return this.listening.length > LONGEST * this.listening.student.rate;
  }

  async #hear(samples) {
    if (this.paused) return;
    this.#level = new Levels().push(samples).peakDeviation;
    this.listening.push(samples);
    const isNew = await this.listening.advance();
    if (this.#stream) this.#changed(this, isNew);
  }
}
