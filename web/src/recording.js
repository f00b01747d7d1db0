/** How a recording is cut into what the student hears. */

const SILENCE_PEAK = 1e-4; // full scale is 1; config.QualityConfig.silence_peak

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

/** The largest magnitude. */
export function peak(samples) {
  return samples.reduce((largest, sample) => Math.max(largest, Math.abs(sample)), 0);
}

/** Whether there is nothing to hear: what a model says of that means nothing. */
export function isSilent(samples) {
  return peak(samples) < SILENCE_PEAK;
}
