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

/** The largest distance of a sample from their mean; 0 of none. */
export function peakDeviation(samples) {
  let [sum, low, high] = [0, Infinity, -Infinity];
  for (const sample of samples) {
    sum += sample;
    low = Math.min(low, sample);
    high = Math.max(high, sample);
  }
  const mean = sum / samples.length;
  return samples.length ? Math.max(high - mean, mean - low) : 0;
}

/** Whether there is nothing to hear, whatever constant offset there is: what a model says of that means nothing. */
export function isSilent(samples) {
  return peakDeviation(samples) < SILENCE_PEAK;
}

/** The samples minus their mean: microphones and converters add a constant, which is no sound. */
export function withoutOffset(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample;
  const mean = samples.length ? sum / samples.length : 0;
  return samples.map((sample) => sample - mean);
}

/** In [-1, 1]: as they are, or divided by their peak if that is beyond. */
export function withinFullScale(samples) {
  const peak = samples.reduce((largest, sample) => Math.max(largest, Math.abs(sample)), 0);
  return peak > 1 ? samples.map((sample) => sample / peak) : samples;
}
