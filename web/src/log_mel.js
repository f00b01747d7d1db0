/** Log-mel spectrogram for the picture; the student computes its own inside the model. */

import { fastFourier } from "./fourier.js";
import { melFilters } from "./mel_filters.js";
import { Tail } from "./tail.js";

const AMIN = 1e-10; // least power before the logarithm; librosa's

/**
 * Slaney mel bands of the centred, zero-padded, Hann-windowed power spectrum of a sound without its offset, in
 * decibels below the loudest point. When there are as many frames as wanted, every second one goes and the hop doubles.
 *
 * The offset is known at the end alone. Of the sound x, its offset m and the window w of a frame, with transforms X and
 * W, the power |X - m W|² is |X|² - 2 m Re(X W*) + m² |W|²; the frames keep these three sums of each band.
 *
 * Source: Slaney, "Auditory Toolbox", 1998; as `stressid_keras.preprocessing.log_mel`.
 */
export class LogMel {
  #sound = new Tail();
  #sum = 0; // of the samples
  #frames = 0; // that are kept
  #most;
  #kept; // three sums a band, frame by frame
  #hop;
  #measure;

  /**
   * @param {{n_fft: number, hop_length: number, n_mels: number, top_db: number, fmin?: number, fmax?: number}} frontEnd
   * @param {number} rate Hz.
   * @param {number} most frames of a long sound.
   */
  constructor(frontEnd, rate, most) {
    const { n_fft: size, hop_length: hop, n_mels: bands, top_db: range } = frontEnd;
    const padded = 2 ** Math.ceil(Math.log2(size)); // a finer spectrum, up to a gain that the loudest point takes out
    this.bands = bands;
    this.range = range;
    this.size = size;
    this.#hop = hop;
    this.#most = most;
    this.#kept = new Float64Array(3 * bands * most);
    const filters = melFilters(rate, padded, bands, frontEnd.fmin ?? 0, frontEnd.fmax ?? rate / 2);
    this.#measure = bandSums(size, padded, filters);
  }

  /** @param {Float32Array} samples that follow. */
  push(samples) {
    for (let at = 0; at < samples.length; at++) this.#sum += samples[at];
    this.#sound.push(samples);
    while (this.#start(this.#frames) + this.size <= this.#sound.length) {
      if (this.#frames === this.#most) this.#halve();
      else this.#write(this.#frames++, this.#kept);
    }
    this.#sound.letGo(this.#start(this.#frames));
  }

  /** @returns {{values: Float32Array, frames: number, bands: number}} values in [0, 1], frame by frame. */
  image() {
    const { bands, range } = this;
    const mean = this.#sound.length ? this.#sum / this.#sound.length : 0;
    const frames = Math.max(this.#frames, Math.floor(this.#sound.length / this.#hop) + 1);
    const last = new Float64Array(3 * bands * (frames - this.#frames)); // what follows is silence, or not there yet
    for (let frame = this.#frames; frame < frames; frame++) this.#write(frame, last, frame - this.#frames);
    const values = new Float32Array(frames * bands);
    let loudest = -Infinity;
    for (let index = 0; index < values.length; index++) {
      const isLast = index >= this.#frames * bands;
      const sums = isLast ? last : this.#kept;
      const at = 3 * (isLast ? index - this.#frames * bands : index);
      const power = sums[at] - 2 * mean * sums[at + 1] + mean ** 2 * sums[at + 2];
      values[index] = 10 * Math.log10(Math.max(power, AMIN));
      loudest = Math.max(loudest, values[index]);
    }
    return { values: values.map((value) => Math.max(0, value - loudest + range) / range), frames, bands };
  }

  #start(frame) {
    return frame * this.#hop - Math.floor(this.size / 2);
  }

  #write(frame, sums, place = frame) {
    const start = this.#start(frame);
    const before = Math.max(0, -start); // zeros before the sound
    const samples = this.#sound.slice(start + before, start + this.size);
    this.#measure(samples, before, sums.subarray(3 * this.bands * place, 3 * this.bands * (place + 1)));
  }

  #halve() {
    const length = 3 * this.bands;
    this.#frames = Math.ceil(this.#frames / 2);
    for (let frame = 0; frame < this.#frames; frame++) {
      this.#kept.copyWithin(frame * length, 2 * frame * length, (2 * frame + 1) * length);
    }
    this.#hop *= 2;
  }
}

/**
 * A function (samples, zeros before them, sums) that writes Σ|X|², ΣRe(X W*) and Σ|W|² of each band, weighted. Sound
 * and window are real, so that one transform of both as a complex number has either.
 */
function bandSums(size, padded, filters) {
  const hann = Float64Array.from({ length: size }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / size));
  const transform = fastFourier(padded);
  const [real, imaginary] = [new Float64Array(padded), new Float64Array(padded)];
  const powers = Array.from({ length: 3 }, () => new Float64Array(padded / 2 + 1));
  return (samples, before, sums) => {
    real.fill(0);
    imaginary.fill(0);
    for (let n = 0; n < samples.length; n++) {
      real[before + n] = samples[n] * hann[before + n];
      imaginary[before + n] = hann[before + n];
    }
    transform(real, imaginary);
    for (let k = 0; k <= padded / 2; k++) {
      const mirrored = (padded - k) % padded;
      const [a, b, c, d] = [real[k], imaginary[k], real[mirrored], imaginary[mirrored]];
      powers[0][k] = ((a + c) ** 2 + (b - d) ** 2) / 4;
      powers[1][k] = ((a + c) * (b + d) - (b - d) * (a - c)) / 4;
      powers[2][k] = ((b + d) ** 2 + (a - c) ** 2) / 4;
    }
    filters.forEach(({ first, weights }, band) => {
      powers.forEach((power, kind) => {
        let sum = 0;
        for (let index = 0; index < weights.length; index++) sum += weights[index] * power[first + index];
        sums[3 * band + kind] = sum;
      });
    });
  };
}
