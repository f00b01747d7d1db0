/** The end of a stream of samples: they stay until they are let go, and no longer. */

export class Tail {
  length = 0; // of the stream
  #room = new Float32Array(0);
  #first = 0; // sample of the stream that stands first in the room
  #needed = 0; // first sample that may still be asked for

  /** @param {Float32Array} samples that follow. */
  push(samples) {
    if (this.length - this.#first + samples.length > this.#room.length) this.#makeRoom(samples.length);
    this.#room.set(samples, this.length - this.#first);
    this.length += samples.length;
  }

  /** Samples before this one will not be asked for any more. */
  letGo(before) {
    this.#needed = Math.max(this.#needed, before);
  }

  /** @returns {Float32Array} a copy of the samples from `start` to before `stop`, or to the end. */
  slice(start, stop) {
    return this.#room.slice(start - this.#first, Math.min(stop, this.length) - this.#first);
  }

  #makeRoom(count) {
    const first = Math.min(this.#needed, this.length);
    const kept = this.#room.subarray(first - this.#first, this.length - this.#first);
    if (2 * (kept.length + count) > this.#room.length) this.#room = new Float32Array(2 * (kept.length + count));
    this.#room.set(kept);
    this.#first = first;
  }
}
