/** What a recording becomes before the student hears it, as `preprocessing.audio.load_waveform` does. */

import { UserError } from "./errors.js";
import { resample } from "./resample.js";

const SILENCE_PEAK = 1e-4; // full scale is 1; config.QualityConfig.silence_peak

/**
 * Trailing digital zeros are left out (they are padding, and the model takes them for it), the rate becomes the
 * model's, and a waveform beyond full scale is divided, not clipped.
 *
 * @param {{samples: Float32Array, rate: number}} sound
 * @param {number} rate of the model, Hz.
 * @param {string} name for errors.
 * @returns {Float32Array} in [-1, 1].
 * @throws {UserError} the recording is silent.
 */
export function prepareWaveform({ samples, rate: recorded }, rate, name) {
  if (isSilent(samples)) {
    throw new UserError(`${name} is silent (peak ${peak(samples).toExponential(1)}); expected sound.`);
  }
  let end = samples.length;
  while (samples[end - 1] === 0) end--;
  const waveform = resample(samples.subarray(0, end), recorded, rate);
  const loudest = peak(waveform);
  return loudest > 1 ? waveform.map((sample) => sample / loudest) : waveform;
}

/**
 * Where the windows of a recording start: every hop from the start, plus one that ends at the end if the rest
 * is longer than half a hop. A recording shorter than a window has one.
 *
 * @param {number} length of the recording, @param {number} window, @param {number} hop, all in samples.
 * @returns {number[]} first samples.
 */
export function windowStarts(length, window, hop) {
  const starts = [0];
  while (starts.at(-1) + hop + window <= length) starts.push(starts.at(-1) + hop);
  const rest = length - window - starts.at(-1);
  if (rest > hop / 2) starts.push(length - window);
  return starts;
}

export function isSilent(samples) {
  return peak(samples) < SILENCE_PEAK;
}

function peak(samples) {
  return samples.reduce((largest, sample) => Math.max(largest, Math.abs(sample)), 0);
}
