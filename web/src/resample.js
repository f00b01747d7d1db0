/** Change of sample rate by a band-limited filter, the same on every browser, for files and for a stream. */

const ZERO_CROSSINGS = 64; // of the sinc on either side
const ROLL_OFF = 0.95; // with these, 90 % of the band passes untouched and nothing folds back
const KAISER_BETA = 10; // 100 dB between what passes and what is cut

/**
 * All of a recording: round(length · to / from) samples; the same blocks if the rates are equal.
 *
 * @param {AsyncIterable<Float32Array>} blocks, @param {number} from rate in Hz, @param {number} to rate in Hz.
 * @returns {AsyncGenerator<Float32Array>} blocks of the new rate.
 */
export async function* resampled(blocks, from, to) {
  if (from === to) return yield* blocks;
  const resampler = new Resampler(from, to);
  let [heard, given] = [0, 0];
  for await (const block of blocks) {
    const result = resampler.push(block);
    heard += block.length;
    given += result.length;
    yield result;
  }
  const rest = new Float32Array(Math.round((heard * to) / from) - given);
  rest.set(resampler.finish().subarray(0, rest.length));
  yield rest;
}

/**
 * Windowed-sinc interpolation, evaluated where the new samples lie. What comes out does not depend on how the
 * samples are cut into chunks.
 *
 * Source: Smith, "Digital Audio Resampling Home Page", 2002; Kaiser's window.
 */
export class Resampler {
  #pending; // samples that are still needed, zeros before the first
  #position = 0; // of the next new sample, in steps of 1 / up old samples
  #phases = [];

  /** @param {number} from rate in Hz, @param {number} to rate in Hz. */
  constructor(from, to) {
    const divisor = greatestCommonDivisor(from, to);
    this.up = to / divisor;
    this.down = from / divisor;
    this.cutoff = ROLL_OFF * Math.min(1, to / from); // of half the old rate
    this.reach = Math.ceil(ZERO_CROSSINGS / this.cutoff); // old samples on either side of a new one
    this.#pending = new Float32Array(this.reach - 1);
  }

  /** @param {Float32Array} samples, @returns {Float32Array} new samples that no later one can change. */
  push(samples) {
    const { reach } = this;
    const pending = new Float32Array(this.#pending.length + samples.length);
    pending.set(this.#pending);
    pending.set(samples, this.#pending.length);
    const ready = Math.max(0, (pending.length - 2 * this.reach + 1) * this.up - this.#position);
    const result = new Float32Array(Math.ceil(ready / this.down));
    for (let index = 0; index < result.length; index++) {
      const phase = this.#position % this.up;
      const first = (this.#position - phase) / this.up;
      const taps = (this.#phases[phase] ??= this.#taps(phase / this.up));
      const middle = first + reach;
      let [before, behind] = [0, 0]; // two sums take half as long as one, each addition of which waits for the last
      for (let tap = 0; tap < reach; tap++) {
        before += taps[tap] * pending[first + tap];
        behind += taps[reach + tap] * pending[middle + tap];
      }
      result[index] = before + behind;
      this.#position += this.down;
    }
    const done = Math.min(Math.floor(this.#position / this.up), pending.length);
    this.#pending = pending.slice(done);
    this.#position -= done * this.up;
    return result;
  }

  /** @returns {Float32Array} the last new samples, as if silence followed. */
  finish() {
    return this.push(new Float32Array(this.reach + 1));
  }

  /** Weights of the old samples around a point that lies `fraction` past one of them. */
  #taps(fraction) {
    const taps = new Float64Array(2 * this.reach);
    for (let tap = 0; tap < taps.length; tap++) {
      const distance = tap - this.reach + 1 - fraction;
      taps[tap] = sinc(distance * this.cutoff) * kaiser(distance / this.reach);
    }
    const total = taps.reduce((sum, weight) => sum + weight, 0);
    return taps.map((weight) => weight / total); // a constant stays what it is
  }
}

function sinc(x) {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function kaiser(x) {
  return Math.abs(x) >= 1 ? 0 : bessel(KAISER_BETA * Math.sqrt(1 - x * x)) / bessel(KAISER_BETA);
}

/** Modified Bessel function of the first kind and order zero, by its power series. */
function bessel(x) {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a, b) {
  return b ? greatestCommonDivisor(b, a % b) : a;
}
