/** Any recording as samples: WAV by this page's own exact reader, everything else by the browser's decoder. */

import { UserError } from "./errors.js";
import { isSilent, SILENCE_PEAK } from "./recording.js";
import { isWav } from "./riff.js";
import { soundRate } from "./sound_rate.js";
import { checkChannel, readWav } from "./wav.js";

const USUAL_RATE = 48_000; // Hz, where a file does not say its own

/**
 * @param {File} file
 * @param {number | null} channel the one to hear, from 0; null for the mean of all.
 * @returns {Promise<{samples: Float32Array, rate: number}>} full scale 1, and the rate in Hz.
 * @throws {UserError} it cannot be read or decoded, or holds no sound; of WAV as `readWav`.
 */
export async function readSound(file, channel = null) {
  const { name } = file;
  let content;
  try {
    content = await file.arrayBuffer();
  } catch (error) {
    throw new UserError(`${name} cannot be read (${error.name}); choose it again.`);
  }
  if (!content.byteLength) throw new UserError(`${name} is empty (0 bytes); expected a recording.`);
  if (isWav(new DataView(content))) return readWav(content, name, channel);
  return mixed(await decoded(content, name), name, channel);
}

async function decoded(content, name) {
  const context = decoder(soundRate(content) ?? USUAL_RATE); // before decoding takes the content away
  try {
    return await context.decodeAudioData(content);
  } catch {
    throw new UserError(
      `${name} holds no sound that this browser can decode; convert the recording to WAV and choose it again.`,
    );
  }
}

function decoder(rate) {
  try {
    return new OfflineAudioContext(1, 1, rate);
  } catch {
    return new OfflineAudioContext(1, 1, USUAL_RATE); // browsers know not every rate
  }
}

/** @param {AudioBuffer} sound, @param {string} name for errors, @param {number | null} only this channel. */
function mixed(sound, name, only) {
  if (only !== null) checkChannel(only, sound.numberOfChannels, name);
  const all = Array.from({ length: sound.numberOfChannels }, (_, index) => sound.getChannelData(index));
  const channels = only === null ? all : [all[only]];
  const samples = new Float32Array(sound.length);
  for (const channel of channels) {
    for (let at = 0; at < samples.length; at++) samples[at] += channel[at] / channels.length;
  }
  if (!samples.length) throw new UserError(`${name} holds no samples; expected a recording.`);
  if (!samples.every(Number.isFinite)) {
    throw new UserError(`${name} holds NaN or infinite samples; expected finite ones.`);
  }
  if (isSilent(samples) && channels.some((channel) => halfRange(channel) >= SILENCE_PEAK)) {
    throw new UserError(`${name} has channels that cancel each other; expected one of them alone.`);
  }
  return { samples, rate: sound.sampleRate };
}

function halfRange(samples) {
  let [low, high] = [Infinity, -Infinity];
  for (const sample of samples) {
    low = Math.min(low, sample);
    high = Math.max(high, sample);
  }
  return (high - low) / 2;
}
