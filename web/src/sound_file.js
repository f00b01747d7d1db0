/** Any recording as blocks of samples: WAV by this page's own exact reader, everything else by the browser's decoder. */

import { NotByBlocks, openByBlocks } from "./block_decoder.js";
import { UserError } from "./errors.js";
import { FileBytes } from "./file_bytes.js";
import { Levels, SILENCE_PEAK } from "./recording.js";
import { isWav } from "./riff.js";
import { openWav } from "./wav.js";
import { openWhole } from "./whole_decoder.js";

/**
 * Hear a file from its start to its end, a second time if the first way to read it leads no further.
 *
 * @param {File} file
 * @param {number | null} channel the one to hear, from 0; null for the mean of all.
 * @param {(sound: {rate: number, seconds: number | null, blocks: AsyncIterable<Float32Array>}) => Promise<T>} hear
 *   called with the sound: its rate in Hz, its length if the file's head says it, about, and its samples, full scale 1.
 *   What is wrong with the whole of them is thrown behind the last block.
 * @returns {Promise<T>} what `hear` gives.
 * @throws {UserError} it cannot be read or decoded, is silent, or has channels that cancel each other; of WAV as
 *   `openWav`.
 * @template T
 */
export async function hearSound(file, channel, hear) {
  const bytes = new FileBytes(file);
  if (!bytes.size) throw new UserError(`${bytes.name} is empty (0 bytes); expected a recording.`);
  const checked = (sound) => hear({ ...sound, blocks: checkedBlocks(sound, bytes.name, channel) });
  if (await isWav(bytes)) return checked(await openWav(bytes, channel));
  try {
    return await checked(await openByBlocks(file, bytes, channel));
  } catch (error) {
    if (!(error instanceof NotByBlocks)) throw error;
  }
  return checked(await openWhole(bytes, channel));
}

/** @param {object} sound that has `loudest` behind its last block: half the range of its loudest channel. */
async function* checkedBlocks(sound, name, channel) {
  const levels = new Levels();
  for await (const block of sound.blocks) {
    levels.push(block);
    yield block;
  }
  if (!levels.count) throw new UserError(`${name} holds no samples; expected a recording.`);
  if (!levels.isSilent) return;
  if (channel === null && sound.loudest >= SILENCE_PEAK) {
    throw new UserError(`${name} has channels that cancel each other; expected one of them alone.`);
  }
  throw new UserError(`${name} is silent; expected a recording with sound.`);
}
