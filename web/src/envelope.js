/** The outline of a sound for its picture: the lowest and the highest sample of each of a few thousand stretches. */

const MOST = 1 << 16; // stretches; when they are full, each two become one

export class Envelope {
  length = 0; // of the sound, in samples
  #size = 1; // samples a stretch
  #low = new Float32Array(MOST).fill(Infinity);
  #high = new Float32Array(MOST).fill(-Infinity);

  /** @param {Float32Array} samples that follow. */
  push(samples) {
    for (let at = 0; at < samples.length; ) {
      if (this.length === MOST * this.#size) this.#halve();
      const stretch = Math.floor(this.length / this.#size);
      const stop = Math.min(samples.length, at + (stretch + 1) * this.#size - this.length);
      this.length += stop - at;
      let [low, high] = [this.#low[stretch], this.#high[stretch]];
      for (; at < stop; at++) {
        const sample = samples[at];
        if (sample < low) low = sample;
        if (sample > high) high = sample;
      }
      this.#low[stretch] = low;
      this.#high[stretch] = high;
    }
  }

  /** @returns {{low: number, high: number}} from sample `start` to before `stop`, to the next whole stretch. */
  between(start, stop) {
    const first = Math.floor(start / this.#size);
    const last = Math.max(first + 1, Math.ceil(stop / this.#size));
    let [low, high] = [Infinity, -Infinity];
    for (let stretch = first; stretch < last; stretch++) {
      low = Math.min(low, this.#low[stretch]);
      high = Math.max(high, this.#high[stretch]);
    }
    return { low, high };
  }

  #halve() {
    for (let stretch = 0; stretch < MOST / 2; stretch++) {
      this.#low[stretch] = Math.min(this.#low[2 * stretch], this.#low[2 * stretch + 1]);
      this.#high[stretch] = Math.max(this.#high[2 * stretch], this.#high[2 * stretch + 1]);
    }
    this.#low.fill(Infinity, MOST / 2);
    this.#high.fill(-Infinity, MOST / 2);
    this.#size *= 2;
  }
}
