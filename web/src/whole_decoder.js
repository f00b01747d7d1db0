/**
 * Sound as the browser decodes it, all of it at once: an hour of stereo at 48 kHz fills some gigabytes. For what
 * `block_decoder.js` cannot do.
 */

import { UserError } from "./errors.js";
import { Mono } from "./mono.js";
import { soundRate } from "./sound_rate.js";

const USUAL_RATE = 48_000; // Hz, where a file does not say its own
const BLOCK = 1 << 15; // samples

/**
 * @param {FileBytes} bytes of the file.
 * @param {number | null} channel the one to hear, from 0; null for the mean of all.
 * @returns {Promise<object>} a sound as `hearSound` hands it on, and its `loudest`.
 * @throws {UserError} it cannot be read or decoded.
 */
export async function openWhole(bytes, channel) {
  const content = await bytes.read(0, bytes.size);
  const context = decoder(soundRate(content) ?? USUAL_RATE); // before decoding takes the content away
  const decoded = await context.decodeAudioData(content).catch(() => {
    throw new UserError(
      `${bytes.name} holds no sound that this browser can decode; convert the recording to WAV and choose it again.`,
    );
  });
  const sound = { rate: decoded.sampleRate, seconds: decoded.duration, loudest: 0 };
  sound.blocks = blocks(decoded, new Mono(bytes.name, channel), sound);
  return sound;
}

async function* blocks(decoded, mono, sound) {
  const channels = Array.from({ length: decoded.numberOfChannels }, (_, index) => decoded.getChannelData(index));
  for (let at = 0; at < decoded.length; at += BLOCK) {
    yield mono.mix(channels.map((samples) => samples.subarray(at, at + BLOCK)));
  }
  sound.loudest = mono.loudest;
}

function decoder(rate) {
  try {
    return new OfflineAudioContext(1, 1, rate);
  } catch {
    return new OfflineAudioContext(1, 1, USUAL_RATE); // browsers know not every rate
  }
}
