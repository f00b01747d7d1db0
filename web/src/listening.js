/**
 * A recording as it grows, of a file or of the microphone: scores each window once it is whole, and keeps of the sound
 * what the next window and the picture need.
 */

import { Picture } from "./picture.js";
import { Levels, windowStarts } from "./recording.js";
import { Tail } from "./tail.js";

export class Listening {
  #sound = new Tail();
  #levels = new Levels();
  #scored = 0; // windows of the plan that were scored
  #running = Promise.resolve();

  /** @param {Student} student */
  constructor(student) {
    this.student = student;
    this.windows = [];
    this.picture = new Picture(student);
  }

  /** Of the sound so far, in samples. */
  get length() {
    return this.#sound.length;
  }

  get isSilent() {
    return this.#levels.isSilent;
  }

  /** @param {string} name, @returns {object} what the page shows of it. */
  recording(name) {
    const { windows, picture, student } = this;
    return { name, seconds: this.length / student.rate, windows, picture };
  }

  /** Append samples at the model's rate. */
  push(samples) {
    this.#levels.push(samples);
    this.picture.push(samples);
    this.#sound.push(samples);
  }

  /**
   * Score the windows that have become whole, in turn.
   *
   * @returns {Promise<boolean>} whether there was a new window.
   */
  advance() {
    const { window, hop } = this.student;
    return this.#score(() => {
      const start = this.#scored * hop;
      return start + window <= this.length ? start : undefined;
    });
  }

  /** Score what is left at the end, so that the windows are those of the whole recording. */
  finish() {
    return this.#score(() => windowStarts(this.length, this.student.window, this.student.hop)[this.#scored]);
  }

  /** @param {() => number | undefined} next first sample of the window that comes next. */
  #score(next) {
    this.#running = this.#running.then(async () => {
      const before = this.#scored;
      for (let start = next(); start !== undefined; start = next()) {
        this.#scored++;
        this.windows.push(await this.student.score(this.#sound.slice(start, start + this.student.window), start));
      }
      const { window, hop } = this.student;
      this.#sound.letGo(Math.min(this.#scored * hop, this.length - window)); // the last one ends at the end
      return this.#scored > before;
    });
    return this.#running;
  }
}
