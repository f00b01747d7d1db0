/**
 * What encoders put before and behind the sound to fill their packets, and players leave out.
 *
 * Sources: ISO/IEC 14496-12 (edit lists), RFC 3533 and 7845 (Ogg, Opus), and of MP3 the tag that LAME writes into a
 * first packet without sound.
 */

import { MP3, MP4, OGG, QTFF } from "../mediabunny/mediabunny.js";
import { TAG_HEAD, tagBytes } from "./sound_rate.js";

const DECODER_DELAY = 529; // samples of every MP3 decoder, which the tag does not count
const LAME_BYTES = 256; // from the first packet on, in which that tag ends

/**
 * @param {InputFormat} format, @param {InputAudioTrack} track both of mediabunny.
 * @param {FileBytes} bytes of the file.
 * @returns {Promise<[number, number][]>} from when to when, in seconds of the packets' times, there is nothing to hear.
 */
export async function unheard(format, track, bytes) {
  const before = [-Infinity, 0];
  if (format === MP3) return [before, ...(await mp3Padding(bytes, await track.getSampleRate()))];
  // The times of Matroska are rounded, and its last packet has no length: its end would be cut off.
  const endsExactly = [MP4, QTFF, OGG].includes(format);
  return endsExactly ? [before, [await track.computeDuration(), Infinity]] : [before];
}

async function mp3Padding(bytes, rate) {
  const view = await bytes.view(await afterTags(bytes), LAME_BYTES);
  if (view.byteLength < LAME_BYTES || view.getUint16(0) >> 5 !== 0x7ff) return [];
  const isMpeg1 = ((view.getUint8(1) >> 3) & 3) === 3;
  const isMono = view.getUint8(3) >> 6 === 3;
  const tag = 4 + (isMpeg1 ? (isMono ? 17 : 32) : isMono ? 9 : 17); // behind what every packet begins with
  const flags = view.getUint32(tag + 4); // which of the tag's parts there are
  if (!["Xing", "Info"].includes(text(view, tag)) || !(flags & 1)) return [];
  const writer = tag + 12 + (flags & 2 ? 4 : 0) + (flags & 4 ? 100 : 0) + (flags & 8 ? 4 : 0);
  if (!["LAME", "Lavf", "Lavc"].includes(text(view, writer))) return [];
  const delays = view.getUint32(writer + 20) & 0xffffff; // twelve bits each
  const [start, end] = [(delays >> 12) + DECODER_DELAY, (delays & 0xfff) - DECODER_DELAY];
  const samples = view.getUint32(tag + 8) * (isMpeg1 ? 1152 : 576);
  // What follows those samples was joined, and is sound.
  return [[0, start / rate], ...(end > 0 ? [[(samples - end) / rate, samples / rate]] : [])];
}

/** Tags, one behind the other, may stand before the first packet. */
async function afterTags(bytes) {
  for (let at = 0; ; ) {
    const size = tagBytes(await bytes.view(at, TAG_HEAD));
    if (!size) return at;
    at += size;
  }
}

function text(view, at) {
  return String.fromCharCode(...[0, 1, 2, 3].map((offset) => view.getUint8(at + offset)));
}
