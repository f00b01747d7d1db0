/** The ZIP archive at the end of an exported `.tflite`: reads entries that are stored, not compressed. */

const END = 0x06054b50; // signatures of the records, little-endian
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const LONGEST_COMMENT = 0xffff;

/**
 * @param {ArrayBuffer} content of the whole file.
 * @param {string} name of the entry.
 * @returns {string | null} its text (UTF-8); null if there is no archive or no such stored entry.
 *
 * Source: PKWARE, APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16.
 */
export function readArchivedText(content, name) {
  const view = new DataView(content);
  for (const at of entries(view)) {
    if (text(content, at + ENTRY_BYTES, view.getUint16(at + 28, true)) === name) return readEntry(view, at);
  }
  return null;
}

/** How many bytes there are before the archive; all of them if there is none. */
export function bytesBeforeArchive(content) {
  const view = new DataView(content);
  return Math.min(content.byteLength, ...[...entries(view)].map((at) => view.getUint32(at + 42, true)));
}

/** Where the entries of the archive's directory are, up to the first that is damaged. */
function* entries(view) {
  const end = findEnd(view);
  if (end === null) return;
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (at + ENTRY_BYTES > end || view.getUint32(at, true) !== ENTRY) return;
    yield at;
    at += ENTRY_BYTES + [28, 30, 32].reduce((sum, field) => sum + view.getUint16(at + field, true), 0);
  }
}

function findEnd(view) {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= 0 && at >= last - LONGEST_COMMENT; at--) {
    if (view.getUint32(at, true) === END) return at;
  }
  return null;
}

function readEntry(view, at) {
  const stored = view.getUint16(at + 10, true) === 0;
  const size = view.getUint32(at + 24, true);
  const local = view.getUint32(at + 42, true);
  if (!stored || local + LOCAL_BYTES > at || view.getUint32(local, true) !== LOCAL) return null;
  const start = local + LOCAL_BYTES + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  return start + size <= view.byteLength ? text(view.buffer, start, size) : null;
}

function text(buffer, start, size) {
  return new TextDecoder().decode(new Uint8Array(buffer, start, size));
}
