/** Exact reader of WAV files: the samples that Python's soundfile reads, bit for bit. */

import { UserError } from "./errors.js";

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe; // the true format then stands at the head of the sub-format
const STREAMED = 0x7ffff000; // data sizes from here on are what encoders write when they cannot know the length

const READERS = {
  [`${PCM}/8`]: (view, at) => (view.getUint8(at) - 128) / 128,
  [`${PCM}/16`]: (view, at) => view.getInt16(at, true) / 0x8000,
  [`${PCM}/24`]: (view, at) => (view.getInt8(at + 2) * 0x10000 + view.getUint16(at, true)) / 0x800000,
  [`${PCM}/32`]: (view, at) => view.getInt32(at, true) / 0x80000000,
  [`${FLOAT}/32`]: (view, at) => view.getFloat32(at, true),
  [`${FLOAT}/64`]: (view, at) => view.getFloat64(at, true),
};

/**
 * @param {ArrayBuffer} content of the file.
 * @param {string} name of the file, for errors.
 * @returns {{samples: Float32Array, rate: number}} the mean of the channels, full scale 1, and its rate in Hz.
 * @throws {UserError} empty, not a WAV file, truncated, compressed, without samples, or with NaN or infinite samples.
 */
export function readWav(content, name) {
  const view = new DataView(content);
  if (!content.byteLength) throw new UserError(`${name} is empty (0 bytes); expected a WAV recording.`);
  if (content.byteLength < 12 || tag(view, 0) !== "RIFF" || tag(view, 8) !== "WAVE") {
    throw new UserError(`${name} is not a WAV file; convert the recording to WAV and choose it again.`);
  }
  const { format, start, length } = findChunks(view, name);
  const { code, channels, rate, bits, frameBytes } = format;
  const read = READERS[`${code}/${bits}`];
  if (!read || frameBytes !== (channels * bits) / 8 || !channels || !rate) {
    throw new UserError(
      `${name} holds audio of format ${code} with ${bits} bits a sample; expected uncompressed WAV ` +
        "(8, 16, 24 or 32 bit, or floating point).",
    );
  }
  const count = Math.floor(length / frameBytes);
  if (!count) throw new UserError(`${name} holds no samples; expected a recording.`);
  const samples = new Float32Array(count);
  for (let frame = 0; frame < count; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      sum += Math.fround(read(view, start + frame * frameBytes + (channel * bits) / 8));
    }
    samples[frame] = sum / channels;
  }
  if (!samples.every(Number.isFinite)) {
    throw new UserError(`${name} holds NaN or infinite samples; expected finite ones.`);
  }
  return { samples, rate };
}

/** Chunks of id, size and padded content. Source: RIFF/WAVE. */
function findChunks(view, name) {
  let format = null;
  let at = 12;
  while (at + 8 <= view.byteLength) {
    const id = tag(view, at);
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    const there = view.byteLength - start;
    if (id === "fmt " && size >= 16 && there >= 16) format = readFormat(view, start, Math.min(size, there));
    if (id === "data") {
      if (!format) break;
      return { format, start, length: dataLength(view, start, size, name) };
    }
    at = start + size + (size % 2);
  }
  throw new UserError(`${name} is a WAV file without ${format ? "audio data" : "a format"}; record it again.`);
}

function readFormat(view, start, size) {
  const code = view.getUint16(start, true);
  return {
    code: code === EXTENSIBLE && size >= 26 ? view.getUint16(start + 24, true) : code,
    channels: view.getUint16(start + 2, true),
    rate: view.getUint32(start + 4, true),
    frameBytes: view.getUint16(start + 12, true),
    bits: view.getUint16(start + 14, true),
  };
}

function dataLength(view, start, size, name) {
  const there = view.byteLength - start;
  const follows = there >= 4 ? tag(view, start) : "";
  if (size >= STREAMED || (size === 0 && follows !== "LIST" && follows !== "id3 ")) return there;
  if (size > there) {
    throw new UserError(`${name} is truncated: its header promises ${size} bytes of audio, ${there} are there.`);
  }
  return size;
}

function tag(view, at) {
  return String.fromCharCode(...[0, 1, 2, 3].map((offset) => view.getUint8(at + offset)));
}
