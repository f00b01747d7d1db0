/** A file from its first sample to its result, block by block. */

import { UserError } from "./errors.js";
import { Listening } from "./listening.js";
import { resampled } from "./resample.js";
import { hearSound } from "./sound_file.js";

const LONG = 120; // seconds of a recording, from which on it is said how far the page is
const SAID_MS = 1500; // between two such sentences, which screen readers read out
const TURN_MS = 30; // of computing, then the browser may draw and answer

/**
 * @param {Student} student
 * @param {File} file
 * @param {number | null} channel the one to hear, from 0; null for the mean of all.
 * @param {{isWanted: () => boolean, say: (text: string) => void}} waiting whether anybody still waits for the result,
 *   and where to say how far it is.
 * @returns {Promise<{recording: object, rate: number} | null>} null if nobody waits any more.
 * @throws {UserError} also where the browser has no room for the recording.
 */
export async function scoreFile(student, file, channel, { isWanted, say }) {
  say(`Reading ${file.name} …`);
  await letBrowserDraw();
  return hearSound(file, channel, (sound) => scoreSound(student, file.name, sound, isWanted, say)).catch((error) => {
    if (!isWanted()) return null; // another model came, and the one that heard this is gone
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(
      `${file.name} is larger than this browser can hold (${error.message}); cut it into shorter recordings.`,
    );
  });
}

async function scoreSound(student, name, { rate, seconds, blocks }, isWanted, say) {
  const listening = new Listening(student);
  let [said, turn] = [-Infinity, performance.now()];
  for await (const block of resampled(blocks, rate, student.rate)) {
    listening.push(block);
    await listening.advance();
    const now = performance.now();
    if (now - said > SAID_MS) {
      say(`Listening to ${name} …${progress(listening.length / student.rate, seconds)}`);
      said = now;
    }
    if (now - turn > TURN_MS) {
      await letBrowserDraw();
      turn = performance.now();
    }
    if (!isWanted()) return null;
  }
  await listening.finish();
  return isWanted() ? { recording: listening.recording(name), rate } : null;
}

/** Of long recordings, in whole minutes; the head of some files does not say how long they are. */
function progress(heard, seconds) {
  if ((seconds ?? heard) < LONG) return "";
  const minutes = Math.floor(heard / 60);
  return seconds === null ? ` ${minutes} min` : ` ${minutes} of ${Math.max(minutes, Math.round(seconds / 60))} min`;
}

/** A turn of the browser's; a timer would sleep longer, and longest in a tab that nobody looks at. */
function letBrowserDraw() {
  return self.scheduler?.yield ? scheduler.yield() : new Promise((resolve) => setTimeout(resolve));
}
