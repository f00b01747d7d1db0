/** Exact reader of WAV files: the samples that Python's soundfile reads, bit for bit; the rules of `sound_files.py`. */

import { UserError } from "./errors.js";
import { Mono, checkChannel } from "./mono.js";
import { Levels } from "./recording.js";
import { resampled } from "./resample.js";
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
 * @param {FileBytes} bytes of a file that `isWav`.
 * @param {number | null} channel the one to hear, from 0; null for the mean of all.
 * @returns {Promise<object>} a sound as `hearSound` hands it on, and its `loudest`; joined files at the rate of the
 *   first.
 * @throws {UserError} truncated, compressed or without samples; its blocks throw one where samples are not finite or
 *   none that a sound has.
 */
export async function openWav(bytes, channel) {
  const parts = (await wavParts(bytes)).map((part) => ({ ...part, count: countFrames(part, bytes.name, channel) }));
  const { rate } = parts[0].format;
  const seconds = parts.reduce((sum, { count, format }) => sum + count / format.rate, 0);
  const sound = { rate, seconds, loudest: 0 };
  sound.blocks = allBlocks(bytes, parts, channel, sound);
  return sound;
}

async function* allBlocks(bytes, parts, channel, sound) {
  for (const part of parts) {
    const mono = new Mono(bytes.name, channel);
    const scale = part.format.code === FLOAT ? await fullScale(bytes, part, channel) : 1;
    yield* resampled(mixed(bytes, part, mono, scale), part.format.rate, sound.rate);
    sound.loudest = Math.max(sound.loudest, mono.loudest / scale);
  }
}

function countFrames({ format, start, stop }, name, only) {
  const { code, channels, rate, bits, frameBytes } = format;
  if (!READERS[`${code}/${bits}`] || frameBytes !== (channels * bits) / 8 || !channels || !rate) {
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
  const count = Math.floor((stop - start) / frameBytes);
  if (!count) throw new UserError(`${name} holds no samples; expected a recording.`);
  return count;
}

async function* mixed(bytes, { format, little, start, stop }, mono, scale = 1) {
  const { code, channels, bits, frameBytes } = format;
  const read = READERS[`${code}/${bits}`];
  const Samples = code === FLOAT && bits === 64 ? Float64Array : Float32Array;
  for await (const view of bytes.pieces(start, stop, frameBytes)) {
    const count = view.byteLength / frameBytes;
    const planes = Array.from({ length: channels }, (_, channel) => {
      const samples = new Samples(count);
      let at = (channel * bits) / 8;
      for (let frame = 0; frame < count; frame++, at += frameBytes) samples[frame] = read(view, at, little);
      return samples;
    });
    yield mono.mix(planes, scale);
  }
}

/**
 * Of floating point: 1, or that of the integers which its writer stored; see `media.full_scale`. It takes all of the
 * samples, which are therefore read twice, or thrice where they are large.
 */
async function fullScale(bytes, part, channel) {
  const mono = new Mono(bytes.name, channel);
  const levels = new Levels();
  for await (const samples of mixed(bytes, part, mono)) levels.push(samples);
  if (mono.peak > LARGEST) {
    throw new UserError(
      `${bytes.name} holds a sample of ${mono.peak.toExponential(1)}, which no sound has; expected full scale 1.`,
    );
  }
  const { mean, peakDeviation: peak } = levels;
  if (peak <= HEADROOM) return 1;
  let [loud, sounding] = [0, 0];
  for await (const samples of mixed(bytes, part, mono)) {
    for (const sample of samples) {
      if (Math.abs(sample - mean) >= 1) loud++;
      if (sample !== 0) sounding++;
    }
  }
  if (2 * loud <= sounding) return 1;
  return INTEGER_SCALES.find((scale) => peak <= HEADROOM * scale) ?? INTEGER_SCALES.at(-1);
}
