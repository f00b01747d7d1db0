/** Where the sound is in WAV files (RIFF, RIFX, RF64, BW64), joined ones too; the rules of `stressid_keras.media.sound.riff`. */

import { UserError } from "./errors.js";

const FORMS = ["RIFF", "RIFX", "RF64", "BW64"];
const LONG_FORMS = ["RF64", "BW64"];
const HEADER_BYTES = 44; // some recorders, on Android above all, count the usual header as data
const LARGEST = 0xffffffff; // a size that stands in the chunk "ds64"
const MOST_CHUNKS = 10_000; // more are no metadata
const EXTENSIBLE = 0xfffe; // the true format then stands at the head of the sub-format
const METADATA = // chunks that no sound begins like by chance
  (
    "LIST id3 ID3 bext iXML _PMX fact cue smpl inst plst PEAK JUNK junk PAD FLLR axml chna cart umid DISP acid strc " +
    "afsp minf elm1 regn NAME AUTH ANNO COMT MARK INST APPL"
  ).split(" ");

/** Whether a WAV file begins at this byte. */
export function isWav(view, at = 0) {
  return view.byteLength >= at + 12 && FORMS.includes(tag(view, at)) && tag(view, at + 8) === "WAVE";
}

/**
 * Of each WAV file that stands in the file, one behind the other: its format, and the bytes of its data.
 *
 * Data without a length, as encoders leave it that write to a pipe, end with the file. Chunks behind an empty data
 * chunk are not sound. A header may promise up to 44 bytes too many.
 *
 * @param {DataView} view of the file, @param {string} name of the file, for errors.
 * @returns {{format: object, little: boolean, start: number, stop: number}[]}
 * @throws {UserError} truncated, without a format, without data, or with data in several chunks of one file.
 */
export function wavParts(view, name) {
  const parts = [];
  for (let at = 0; isWav(view, at); at = parts.at(-1).next) parts.push(readPart(view, at, name));
  return parts;
}

function readPart(view, at, name) {
  const little = tag(view, at) !== "RIFX";
  let [format, longSize, empty] = [null, null, false];
  for (const { id, start, size } of chunks(view, at + 12, little)) {
    const there = view.byteLength - start;
    if (id === "ds64" && there >= 16) longSize = Number(view.getBigUint64(start + 8, true));
    if (id === "fmt " && size >= 16 && there >= 16) format = readFormat(view, start, Math.min(size, there), little);
    if (id === "data" && format) {
      const long = size === LARGEST && longSize !== null;
      if (size === LARGEST && longSize === null && LONG_FORMS.includes(tag(view, at))) {
        throw new UserError(
          `${name} is damaged: its ${tag(view, at)} header does not say how long it is before the data.`,
        );
      }
      const stop = findStop(view, start, long ? longSize : size, long, little, name);
      const padding = (stop - start) % 2;
      if (stop > start) {
        checkAlone(view, stop, padding, little, name);
        return { format, little, start, stop, next: nextFile(view, stop, padding, little) };
      }
      empty = true;
    }
  }
  if (empty) throw new UserError(`${name} holds no samples; expected a recording.`);
  throw new UserError(`${name} is a WAV file without ${format ? "audio data" : "a format"}; record it again.`);
}

function readFormat(view, start, size, little) {
  const code = view.getUint16(start, little);
  return {
    code: code === EXTENSIBLE && size >= 26 ? view.getUint16(start + 24, little) : code,
    channels: view.getUint16(start + 2, little),
    rate: view.getUint32(start + 4, little),
    frameBytes: view.getUint16(start + 12, little),
    bits: view.getUint16(start + 14, little),
  };
}

function findStop(view, start, promised, long, little, name) {
  const there = view.byteLength - start;
  if (promised === 0 && isChain(view, start, little)) return start;
  const streamed = long ? promised >= 2 ** 62 : isUnknown(promised) && promised > there;
  if (promised === 0 || streamed) {
    for (let at = start; at + 12 <= view.byteLength; at++) {
      if (view.getUint8(at) === 0x52 && isWav(view, at) && tag(view, at + 12) === "fmt ") return at; // another, joined
    }
    return view.byteLength;
  }
  if (promised > there + HEADER_BYTES) {
    throw new UserError(
      `${name} is truncated: its header promises ${promised} bytes of audio, ${there} are there.`,
    );
  }
  return Math.min(start + promised, view.byteLength);
}

/** Whether a size of 32 bits is what encoders write that cannot know it. */
function isUnknown(size) {
  return (size >= 0x7ffff000 && size < 0x80001000) || size >= 0xffffe000;
}

/** Refuse more data behind the data: one program plays the first of them, another the last. */
function checkAlone(view, stop, padding, little, name) {
  for (const place of [stop, stop + padding]) {
    for (const { id, size } of chunks(view, place, little)) {
      if (id === "data" && size) throw new UserError(`${name} holds sound in two data chunks; expected one.`);
    }
  }
}

/** Behind the data and what metadata follow; not every writer pads data of an odd size. */
function nextFile(view, stop, padding, little) {
  return [afterChunks(view, stop + padding, little), stop].find((at) => isWav(view, at)) ?? view.byteLength;
}

/** Whether chunks follow from `at` to the file's end, rather than sound; zeros may fill up the end. */
function isChain(view, at, little) {
  if (at + 4 <= view.byteLength && METADATA.includes(tag(view, at).replace(/[\0 ]+$/, ""))) return true;
  const end = afterChunks(view, at, little);
  if (end > view.byteLength + 1) return false;
  for (let place = end; place < view.byteLength; place++) if (view.getUint8(place)) return false;
  return true;
}

function afterChunks(view, at, little) {
  for (const { start, size } of chunks(view, at, little)) at = start + size + (size % 2);
  return at;
}

/** Identifier, first byte and promised size of each chunk; ends at what is no chunk. Source: RIFF/WAVE. */
function* chunks(view, at, little) {
  for (let count = 0; count < MOST_CHUNKS && at + 8 <= view.byteLength; count++) {
    const id = tag(view, at);
    if (FORMS.includes(id) || !/^[ -~]{4}$/.test(id)) return;
    const size = view.getUint32(at + 4, little);
    yield { id, start: at + 8, size };
    at += 8 + size + (size % 2);
  }
}

function tag(view, at) {
  if (at + 4 > view.byteLength) return "";
  return String.fromCharCode(...[0, 1, 2, 3].map((offset) => view.getUint8(at + offset)));
}
