/**
 * At how many samples a second a compressed recording was made, as the head of its file says.
 *
 * A browser decodes to any rate that it is asked for, by a resampler of its own; asked for the file's, it gives the
 * samples as they are. Sources: RFC 9639 (FLAC), RFC 3533 and 7845 (Ogg, Opus), RFC 9559 (Matroska), ISO/IEC 14496-12
 * (MP4), ISO/IEC 11172-3 and 13818-3 (MP3), ISO/IEC 14496-3 (AAC).
 */

const OPUS_RATE = 48_000; // Hz: Opus is always decoded to it
const HEAD = 1 << 16; // bytes, in which Matroska describes its tracks
const MP3_RATES = { 3: [44_100, 48_000, 32_000], 2: [22_050, 24_000, 16_000], 0: [11_025, 12_000, 8_000] };
const AAC_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];
export const TAG_HEAD = 10; // bytes, in which a tag says how long it is
const MP4_ROOMS = ["moov", "trak", "mdia", "minf", "stbl"];

/**
 * @param {ArrayBuffer} content of the file.
 * @returns {number | null} samples a second; null where the file does not say it in a way that is known here.
 */
export function soundRate(content) {
  const bytes = new Uint8Array(content);
  const start = Math.min(tagBytes(new DataView(content)), content.byteLength);
  const view = new DataView(content, start);
  try {
    for (const rate of [flac, ogg, matroska, mp4, mpeg]) {
      const found = rate(view, bytes.subarray(start));
      if (found) return found;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // the file ends within its head
  }
  return null;
}

function flac(view, bytes) {
  return text(bytes, 0, 4) === "fLaC" ? streamInfoRate(view, 8) : null;
}

/** Twenty bits behind the sizes of blocks and frames. */
function streamInfoRate(view, start) {
  return view.getUint32(start + 10) >>> 12;
}

function ogg(view, bytes) {
  if (text(bytes, 0, 4) !== "OggS") return null;
  const packet = 27 + view.getUint8(26); // behind the page's header and its table of segments
  if (text(bytes, packet, 8) === "OpusHead") return OPUS_RATE;
  if (text(bytes, packet, 7) === "\x01vorbis") return view.getUint32(packet + 12, true);
  if (text(bytes, packet, 5) === "\x7fFLAC") return streamInfoRate(view, packet + 17);
  return null;
}

/** Of WebM as well: the element SamplingFrequency, a number of 4 or 8 bytes. */
function matroska(view, bytes) {
  if (view.getUint32(0) !== 0x1a45dfa3) return null;
  const head = bytes.subarray(0, HEAD);
  if (indexOf(head, "A_OPUS") >= 0) return OPUS_RATE;
  for (let at = head.indexOf(0xb5); at >= 0; at = head.indexOf(0xb5, at + 1)) {
    const size = view.getUint8(at + 1);
    const rate = size === 0x84 ? view.getFloat32(at + 2) : size === 0x88 ? view.getFloat64(at + 2) : NaN;
    if (Number.isInteger(rate) && rate > 0) return rate;
  }
  return null;
}

function mp4(view, bytes) {
  return text(bytes, 4, 4) === "ftyp" ? boxRate(view, bytes, 0, bytes.length) : null;
}

function boxRate(view, bytes, start, stop) {
  for (let at = start; at + 8 <= stop; ) {
    const [kind, short] = [text(bytes, at + 4, 4), view.getUint32(at)];
    const head = short === 1 ? 16 : 8;
    const size = short === 1 ? Number(view.getBigUint64(at + 8)) : short || stop - at;
    if (size < head) return null;
    const end = Math.min(at + size, stop);
    const found = MP4_ROOMS.includes(kind)
      ? boxRate(view, bytes, at + head, end)
      : kind === "stsd" && ["mp4a", "Opus", "fLaC", "alac"].includes(text(bytes, at + head + 12, 4))
        ? view.getUint16(at + head + 40) // of 16.16 bits, behind the description of its channels
        : null;
    if (found) return found;
    at += size;
  }
  return null;
}

/** MP3, and AAC without a container; either begins with eleven ones. */
function mpeg(view) {
  if (view.getUint16(0) >> 5 !== 0x7ff) return null;
  const [second, third] = [view.getUint8(1), view.getUint8(2)];
  if ((second & 0xf6) === 0xf0) return AAC_RATES[(third >> 2) & 15] ?? null;
  return MP3_RATES[(second >> 3) & 3]?.[(third >> 2) & 3] ?? null;
}

/**
 * @param {DataView} view of a file, from a place on.
 * @returns {number} how many bytes the tag (ID3v2) takes that begins there, as one may before MP3, AAC and FLAC; 0 if none does.
 */
export function tagBytes(view) {
  if (view.byteLength < TAG_HEAD || [0x49, 0x44, 0x33].some((letter, at) => view.getUint8(at) !== letter)) return 0;
  return TAG_HEAD + [6, 7, 8, 9].reduce((size, at) => size * 128 + (view.getUint8(at) & 127), 0);
}

function text(bytes, at, length) {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

function indexOf(bytes, word) {
  for (let at = bytes.indexOf(word.charCodeAt(0)); at >= 0; at = bytes.indexOf(word.charCodeAt(0), at + 1)) {
    if (text(bytes, at, word.length) === word) return at;
  }
  return -1;
}
