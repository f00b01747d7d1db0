/** How a recording is cut into what the student hears. */

export const SILENCE_PEAK = 1e-4; // full scale is 1; config.QualityConfig.silence_peak

/**
 * Where the windows of a recording start: every hop from the start, plus one that ends at the end if the last
 * does not. A recording shorter than a window has one.
 *
 * @param {number} length of the recording, @param {number} window, @param {number} hop, all in samples.
 * @returns {number[]} first samples.
 */
export function windowStarts(length, window, hop) {
  const starts = [0];
  while (starts.at(-1) + hop + window <= length) starts.push(starts.at(-1) + hop);
  const rest = length - window - starts.at(-1);
  if (rest > 0) starts.push(length - window);
  return starts;
}

/** What is asked of all samples of a recording, which come one block after the other. */
export class Levels {
  count = 0;
  low = Infinity;
  high = -Infinity;
  #sum = 0;

  /** @param {Float32Array | Float64Array} samples, @returns {Levels} itself. */
  push(samples) {
    let { low, high } = this;
    let sum = this.#sum;
    for (let at = 0; at < samples.length; at++) {
      const sample = samples[at];
      sum += sample;
      low = Math.min(low, sample); // NaN stays
      high = Math.max(high, sample);
    }
    this.#sum = sum;
    this.low = low;
    this.high = high;
    this.count += samples.length;
    return this;
  }

  /** 0 of no samples. */
  get mean() {
    return this.count ? this.#sum / this.count : 0;
  }

  /** The largest distance of a sample from zero. */
  get peak() {
    return Math.max(this.high, -this.low);
  }

  /** The largest distance of a sample from their mean; 0 of none. */
  get peakDeviation() {
    return this.count ? Math.max(this.high - this.mean, this.mean - this.low) : 0;
  }

  get halfRange() {
    return (this.high - this.low) / 2;
  }

  /** Whether there is nothing to hear, whatever constant offset there is: what a model says of that means nothing. */
  get isSilent() {
    return this.peakDeviation < SILENCE_PEAK;
  }
}

/** In [-1, 1]: as they are, or divided by their peak if that is beyond. */
export function withinFullScale(samples) {
  const peak = samples.reduce((largest, sample) => Math.max(largest, Math.abs(sample)), 0);
  return peak > 1 ? samples.map((sample) => sample / peak) : samples;
}
