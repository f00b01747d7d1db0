/** Exact reader of WAV files: the samples that Python's soundfile reads, bit for bit; the rules of `sound_files.py`. */

import { UserError } from "./errors.js";
import { isSilent, peakDeviation, SILENCE_PEAK } from "./recording.js";
import { resample } from "./resample.js";
import { wavParts } from "./riff.js";

const PCM = 1;
const FLOAT = 3;
const RATES = [4_000, 768_000]; // Hz; below is no speech, above no sound card
const MOST_CHANNELS = 64; // more are samples in the place of channels
const INTEGER_SCALES = [2 ** 15, 2 ** 23, 2 ** 31]; // of writers that store integers as floating point
const HEADROOM = 4; // 12 dB, by which floating point may pass its full scale
const LARGEST = HEADROOM * INTEGER_SCALES.at(-1); // of any sound

const READERS = {
  [`${PCM}/8`]: (view, at) => (view.getUint8(at) - 128) / 128,
  [`${PCM}/16`]: (view, at, little) => view.getInt16(at, little) / 0x8000,
  [`${PCM}/24`]: (view, at, little) =>
    (view.getInt8(at + (little ? 2 : 0)) * 0x10000 + view.getUint16(at + (little ? 0 : 1), little)) / 0x800000,
  [`${PCM}/32`]: (view, at, little) => view.getInt32(at, little) / 0x80000000,
  [`${FLOAT}/32`]: (view, at, little) => view.getFloat32(at, little),
  [`${FLOAT}/64`]: (view, at, little) => view.getFloat64(at, little),
};

/**
 * @param {ArrayBuffer} content of a file that `isWav`.
 * @param {string} name of the file, for errors.
 * @param {number | null} channel the one to hear, from 0; null for the mean of all.
 * @returns {{samples: Float32Array, rate: number}} full scale 1, and the rate in Hz.
 * @throws {UserError} truncated, compressed, without samples, with channels that cancel each
 *   other, or with samples that are not finite or that no sound has.
 */
export function readWav(content, name, channel = null) {
  const view = new DataView(content);
  const parts = wavParts(view, name).map((part) => readPart(view, part, name, channel));
  const { rate } = parts[0];
  const pieces = parts.map((part) => resample(part.samples, part.rate, rate));
  const samples = new Float32Array(pieces.reduce((length, piece) => length + piece.length, 0));
  pieces.reduce((at, piece) => (samples.set(piece, at), at + piece.length), 0);
  if (channel === null && isSilent(samples) && parts.some(({ loudest }) => loudest >= SILENCE_PEAK)) {
    throw new UserError(`${name} has channels that cancel each other; expected one of them alone.`);
  }
  return { samples, rate };
}

function readPart(view, { format, little, start, stop }, name, only) {
  const { code, channels, rate, bits, frameBytes } = format;
  const read = READERS[`${code}/${bits}`];
  if (!read || frameBytes !== (channels * bits) / 8 || !channels || !rate) {
    throw new UserError(
      `${name} holds audio of format ${code} with ${bits} bits a sample; expected uncompressed WAV ` +
        "(8, 16, 24 or 32 bit, or floating point).",
    );
  }
  if (rate < RATES[0] || rate > RATES[1]) {
    throw new UserError(`${name} has ${rate} samples a second; expected ${RATES[0]} to ${RATES[1]}.`);
  }
  if (channels > MOST_CHANNELS) {
    throw new UserError(`${name} has ${channels} channels; expected at most ${MOST_CHANNELS}.`);
  }
  if (only !== null) checkChannel(only, channels, name);
  const heard = only === null ? channels : 1;
  const count = Math.floor((stop - start) / frameBytes);
  if (!count) throw new UserError(`${name} holds no samples; expected a recording.`);
  const samples = new Float32Array(count);
  const low = new Float64Array(channels).fill(Infinity);
  const high = new Float64Array(channels).fill(-Infinity);
  for (let frame = 0; frame < count; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      const value = read(view, start + frame * frameBytes + (channel * bits) / 8, little);
      low[channel] = Math.min(low[channel], value); // NaN stays
      high[channel] = Math.max(high[channel], value);
      if (only === null || only === channel) sum += code === FLOAT && bits === 64 ? value : Math.fround(value);
    }
    samples[frame] = sum / heard;
  }
  const peak = Math.max(...high, ...low.map((value) => -value));
  if (!Number.isFinite(peak)) {
    throw new UserError(`${name} holds NaN or infinite samples; expected finite ones.`);
  }
  if (peak > LARGEST) {
    throw new UserError(
      `${name} holds a sample of ${peak.toExponential(1)}, which no sound has; expected full scale 1.`,
    );
  }
  const scale = code === FLOAT ? fullScale(samples) : 1;
  const loudest = Math.max(...high.map((value, channel) => (value - low[channel]) / 2 / scale));
  return { samples: scale > 1 ? samples.map((sample) => sample / scale) : samples, rate, loudest };
}

/** @throws {UserError} a file of so many channels does not have this one, counted from 0. */
export function checkChannel(channel, channels, name) {
  if (channel < channels) return;
  const found = channels === 1 ? "one channel" : `${channels} channels`;
  throw new UserError(`${name} has ${found}; expected ${channel + 1} at least, for channel ${channel + 1} was chosen.`);
}

/** Of a floating-point file: 1, or that of the integers which its writer stored; see `media.full_scale`. */
function fullScale(samples) {
  const peak = peakDeviation(samples);
  if (peak <= HEADROOM) return 1;
  let [sum, loud, sounding] = [0, 0, 0];
  for (const sample of samples) sum += sample;
  const mean = sum / samples.length;
  for (const sample of samples) {
    if (Math.abs(sample - mean) >= 1) loud++;
    if (sample !== 0) sounding++;
  }
  if (2 * loud <= sounding) return 1;
  return INTEGER_SCALES.find((scale) => peak <= HEADROOM * scale) ?? INTEGER_SCALES.at(-1);
}
