/** Log-mel spectrogram for the picture; the student computes its own inside the model. */

import { withoutOffset } from "./recording.js";

const AMIN = 1e-10; // least power before the logarithm; librosa's
const HERTZ_PER_MEL = 200 / 3; // of the linear part
const LOG_START = 1000; // Hz, where the logarithmic part begins
const LOG_STEP = Math.log(6.4) / 27; // natural logarithm of the ratio of two frequencies one mel apart

/**
 * Slaney mel bands of the centred, zero-padded, Hann-windowed power spectrum of the waveform without its offset, in
 * decibels below the loudest point.
 *
 * @param {Float32Array} waveform
 * @param {{n_fft: number, hop_length: number, n_mels: number, top_db: number, fmin?: number, fmax?: number}} frontEnd
 * @param {number} rate Hz.
 * @param {number} mostFrames of a long recording; its hop is widened so that there are no more.
 * @returns {{values: Float32Array, frames: number, bands: number}} values in [0, 1], frame by frame.
 *
 * Source: Slaney, "Auditory Toolbox", 1998; as `stressid_keras.preprocessing.log_mel`.
 */
export function logMel(waveform, frontEnd, rate, mostFrames) {
  waveform = withoutOffset(waveform);
  const { n_fft: size, n_mels: bands, top_db: range } = frontEnd;
  const natural = Math.floor(waveform.length / frontEnd.hop_length) + 1;
  const hop = frontEnd.hop_length * Math.max(1, Math.ceil(natural / mostFrames));
  const frames = Math.floor(waveform.length / hop) + 1;
  const padded = 2 ** Math.ceil(Math.log2(size)); // a finer spectrum, up to a gain that the loudest point takes out
  const filters = melFilters(rate, padded, bands, frontEnd.fmin ?? 0, frontEnd.fmax ?? rate / 2);
  const power = powerSpectrum(size, padded);
  const values = new Float32Array(frames * bands);
  let loudest = -Infinity;
  for (let frame = 0; frame < frames; frame++) {
    const spectrum = power(waveform, frame * hop - Math.floor(size / 2));
    filters.forEach(({ first, weights }, band) => {
      let sum = 0;
      for (let index = 0; index < weights.length; index++) sum += weights[index] * spectrum[first + index];
      const decibels = 10 * Math.log10(Math.max(sum, AMIN));
      loudest = Math.max(loudest, decibels);
      values[frame * bands + band] = decibels;
    });
  }
  return { values: values.map((value) => Math.max(0, value - loudest + range) / range), frames, bands };
}

/** Triangles of equal area, of each the first frequency and the weights that are not zero. */
export function melFilters(rate, size, bands, lowest, highest) {
  const edges = Array.from({ length: bands + 2 }, (_, index) =>
    hertz(mel(lowest) + ((mel(highest) - mel(lowest)) * index) / (bands + 1)),
  );
  return Array.from({ length: bands }, (_, band) => {
    const [low, peak, high] = edges.slice(band, band + 3);
    const first = Math.max(0, Math.ceil((low * size) / rate));
    const last = Math.min(size / 2, Math.floor((high * size) / rate));
    const weights = [];
    for (let bin = first; bin <= last; bin++) {
      const frequency = (bin * rate) / size;
      const height = Math.min((frequency - low) / (peak - low), (high - frequency) / (high - peak));
      weights.push((Math.max(0, height) * 2) / (high - low));
    }
    return { first, weights };
  });
}

function mel(frequency) {
  return frequency < LOG_START
    ? frequency / HERTZ_PER_MEL
    : LOG_START / HERTZ_PER_MEL + Math.log(frequency / LOG_START) / LOG_STEP;
}

function hertz(position) {
  const start = LOG_START / HERTZ_PER_MEL;
  return position < start ? HERTZ_PER_MEL * position : LOG_START * Math.exp(LOG_STEP * (position - start));
}

/** A function (waveform, first sample) → power of the frequencies 0 … padded / 2; beyond the waveform are zeros. */
function powerSpectrum(size, padded) {
  const hann = Float64Array.from({ length: size }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / size));
  const transform = fastFourier(padded);
  const real = new Float64Array(padded);
  const imaginary = new Float64Array(padded);
  const power = new Float64Array(padded / 2 + 1);
  return (waveform, first) => {
    real.fill(0);
    imaginary.fill(0);
    for (let n = 0; n < size; n++) real[n] = (waveform[first + n] ?? 0) * hann[n];
    transform(real, imaginary);
    for (let k = 0; k < power.length; k++) power[k] = real[k] ** 2 + imaginary[k] ** 2;
    return power;
  };
}

/** In-place radix-2 transform. Source: Cooley and Tukey, 1965. */
function fastFourier(size) {
  const cosine = Float64Array.from({ length: size / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / size));
  const sine = Float64Array.from({ length: size / 2 }, (_, k) => -Math.sin((2 * Math.PI * k) / size));
  const reversed = new Uint32Array(size);
  for (let n = 1; n < size; n++) reversed[n] = (reversed[n >> 1] >> 1) | (n & 1 ? size >> 1 : 0);
  return (real, imaginary) => {
    for (let n = 0; n < size; n++) {
      const m = reversed[n];
      if (m > n) [real[n], real[m]] = [real[m], real[n]];
    }
    for (let half = 1; half < size; half *= 2) {
      const step = size / (2 * half);
      for (let start = 0; start < size; start += 2 * half) {
        for (let k = 0; k < half; k++) {
          const a = start + k;
          const b = a + half;
          const re = real[b] * cosine[k * step] - imaginary[b] * sine[k * step];
          const im = real[b] * sine[k * step] + imaginary[b] * cosine[k * step];
          real[b] = real[a] - re;
          imaginary[b] = imaginary[a] - im;
          real[a] += re;
          imaginary[a] += im;
        }
      }
    }
  };
}
