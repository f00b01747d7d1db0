/** Where the sound is in WAV files (RIFF, RIFX, RF64, BW64), joined ones too; the rules of `stressid_keras.media.sound.riff`. */

import { UserError } from "./errors.js";

const FORMS = ["RIFF", "RIFX", "RF64", "BW64"];
const LONG_FORMS = ["RF64", "BW64"];
const HEADER_BYTES = 44; // some recorders, on Android above all, count the usual header as data
const LARGEST = 0xffffffff; // a size that stands in the chunk "ds64"
const MOST_CHUNKS = 10_000; // more are no metadata
const EXTENSIBLE = 0xfffe; // the true format then stands at the head of the sub-format
const FORMAT_BYTES = 26; // up to there
const METADATA = // chunks that no sound begins like by chance
  (
    "LIST id3 ID3 bext iXML _PMX fact cue smpl inst plst PEAK JUNK junk PAD FLLR axml chna cart umid DISP acid strc " +
    "afsp minf elm1 regn NAME AUTH ANNO COMT MARK INST APPL"
  ).split(" ");

/** Whether a WAV file begins at this byte. */
export async function isWav(bytes, at = 0) {
  const view = await bytes.view(at, 12);
  return view.byteLength === 12 && FORMS.includes(tag(view)) && tag(view, 8) === "WAVE";
}

/**
 * Of each WAV file that stands in the file, one behind the other: its format, and the bytes of its data.
 *
 * Data without a length, as encoders leave it that write to a pipe, end with the file. Chunks behind an empty data
 * chunk are not sound. A header may promise up to 44 bytes too many.
 *
 * @param {FileBytes} bytes of the file.
 * @returns {Promise<{format: object, little: boolean, start: number, stop: number}[]>}
 * @throws {UserError} truncated, without a format, without data, or with data in several chunks of one file.
 */
export async function wavParts(bytes) {
  const parts = [];
  for (let at = 0; await isWav(bytes, at); at = parts.at(-1).next) parts.push(await readPart(bytes, at));
  return parts;
}

async function readPart(bytes, at) {
  const { name } = bytes;
  const form = tag(await bytes.view(at, 4));
  const little = form !== "RIFX";
  let [format, longSize, empty] = [null, null, false];
  for await (const { id, start, size } of chunks(bytes, at + 12, little)) {
    const there = bytes.size - start;
    if (id === "ds64" && there >= 16) longSize = Number((await bytes.view(start, 16)).getBigUint64(8, true));
    if (id === "fmt " && size >= 16 && there >= 16) {
      format = readFormat(await bytes.view(start, Math.min(size, FORMAT_BYTES)), little);
    }
    if (id === "data" && format) {
      const long = size === LARGEST && longSize !== null;
      if (size === LARGEST && longSize === null && LONG_FORMS.includes(form)) {
        throw new UserError(`${name} is damaged: its ${form} header does not say how long it is before the data.`);
      }
      const stop = await findStop(bytes, start, long ? longSize : size, long, little);
      const padding = (stop - start) % 2;
      if (stop > start) {
        await checkAlone(bytes, stop, padding, little);
        return { format, little, start, stop, next: await nextFile(bytes, stop, padding, little) };
      }
      empty = true;
    }
  }
  if (empty) throw new UserError(`${name} holds no samples; expected a recording.`);
  throw new UserError(`${name} is a WAV file without ${format ? "audio data" : "a format"}; record it again.`);
}

function readFormat(view, little) {
  const code = view.getUint16(0, little);
  return {
    code: code === EXTENSIBLE && view.byteLength >= FORMAT_BYTES ? view.getUint16(24, little) : code,
    channels: view.getUint16(2, little),
    rate: view.getUint32(4, little),
    frameBytes: view.getUint16(12, little),
    bits: view.getUint16(14, little),
  };
}

async function findStop(bytes, start, promised, long, little) {
  const there = bytes.size - start;
  if (promised === 0 && (await isChain(bytes, start, little))) return start;
  const streamed = long ? promised >= 2 ** 62 : isUnknown(promised) && promised > there;
  if (promised === 0 || streamed) return findJoined(bytes, start);
  if (promised > there + HEADER_BYTES) {
    throw new UserError(
      `${bytes.name} is truncated: its header promises ${promised} bytes of audio, ${there} are there.`,
    );
  }
  return Math.min(start + promised, bytes.size);
}

/** Where another file begins that was joined, or the end. */
async function findJoined(bytes, start) {
  const word = "WAVEfmt "; // of the form and of the first chunk
  for (let at = start + 8; (at = await bytes.find(word, at)) >= 0; at++) {
    if (tag(await bytes.view(at - 8, 4)).startsWith("R") && (await isWav(bytes, at - 8))) return at - 8;
  }
  return bytes.size;
}

/** Whether a size of 32 bits is what encoders write that cannot know it. */
function isUnknown(size) {
  return (size >= 0x7ffff000 && size < 0x80001000) || size >= 0xffffe000;
}

/** Refuse more data behind the data: one program plays the first of them, another the last. */
async function checkAlone(bytes, stop, padding, little) {
  for (const place of [stop, stop + padding]) {
    for await (const { id, size } of chunks(bytes, place, little)) {
      if (id === "data" && size) throw new UserError(`${bytes.name} holds sound in two data chunks; expected one.`);
    }
  }
}

/** Behind the data and what metadata follow; not every writer pads data of an odd size. */
async function nextFile(bytes, stop, padding, little) {
  for (const at of [await afterChunks(bytes, stop + padding, little), stop]) if (await isWav(bytes, at)) return at;
  return bytes.size;
}

/** Whether chunks follow from `at` to the file's end, rather than sound; zeros may fill up the end. */
async function isChain(bytes, at, little) {
  if (METADATA.includes(tag(await bytes.view(at, 4)).replace(/[\0 ]+$/, ""))) return true;
  const end = await afterChunks(bytes, at, little);
  if (end > bytes.size + 1) return false;
  for await (const view of bytes.pieces(end, bytes.size)) if (new Uint8Array(view.buffer).some(Boolean)) return false;
  return true;
}

async function afterChunks(bytes, at, little) {
  for await (const { start, size } of chunks(bytes, at, little)) at = start + size + (size % 2);
  return at;
}

/** Identifier, first byte and promised size of each chunk; ends at what is no chunk. Source: RIFF/WAVE. */
async function* chunks(bytes, at, little) {
  for (let count = 0; count < MOST_CHUNKS && at + 8 <= bytes.size; count++) {
    const view = await bytes.view(at, 8);
    const id = tag(view);
    if (FORMS.includes(id) || !/^[ -~]{4}$/.test(id)) return;
    const size = view.getUint32(4, little);
    yield { id, start: at + 8, size };
    at += 8 + size + (size % 2);
  }
}

function tag(view, at = 0) {
  if (at + 4 > view.byteLength) return "";
  return String.fromCharCode(...[0, 1, 2, 3].map((offset) => view.getUint8(at + offset)));
}
