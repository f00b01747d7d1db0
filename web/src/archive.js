/** The ZIP archive at the end of an exported `.tflite`, read within bounds; faults are thrown as the end of a sentence. */

const END = 0x06054b50; // signatures of the records, little-endian
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const LONGEST_COMMENT = 0xffff;
const LARGEST_TEXT = 1 << 20; // bytes of an entry once it is decompressed; as in stressid_keras/runtime/archive.py
const MOST_ENTRIES = 16;
const STORED = 0;
const DEFLATED = 8;

/** A fault of an archive; its message goes on after the name of the file. */
export class ArchiveFault extends Error {}

/**
 * @param {ArrayBuffer} content of the whole file.
 * @param {string[]} names of the entries that are wanted.
 * @returns {Promise<{texts: Map<string, Uint8Array>, before: number}>} the bytes of those that are there, and how many
 *   bytes there are before the archive; none and all of them if there is no archive.
 * @throws {ArchiveFault} it is damaged, or claims more than an export writes.
 *
 * Source: PKWARE, APPNOTE.TXT, sections 4.3.7, 4.3.12, 4.3.16 and 4.4.
 */
export async function readArchive(content, names) {
  const view = new DataView(content);
  const found = entries(view);
  const texts = new Map();
  for (const entry of found) {
    if (found.filter(({ name }) => name === entry.name).length > 1) {
      throw new ArchiveFault(`has ${entry.name.slice(0, 40)} more than once`);
    }
    if (names.includes(entry.name)) texts.set(entry.name, await readEntry(view, entry));
  }
  return { texts, before: Math.min(content.byteLength, ...found.map(({ local }) => local)) };
}

function entries(view) {
  const end = findEnd(view);
  if (end === null) return [];
  const count = view.getUint16(end + 10, true);
  if (count > MOST_ENTRIES) throw new ArchiveFault(`lists ${count} files at its end, more than ${MOST_ENTRIES}`);
  let at = view.getUint32(end + 16, true);
  return Array.from({ length: count }, () => {
    if (at + ENTRY_BYTES > end || view.getUint32(at, true) !== ENTRY) throw damaged();
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const entry = {
      name: new TextDecoder().decode(new Uint8Array(view.buffer, at + ENTRY_BYTES, nameBytes)),
      encrypted: view.getUint16(at + 8, true) & 1,
      method: view.getUint16(at + 10, true),
      checksum: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      local: view.getUint32(at + 42, true),
    };
    at += ENTRY_BYTES + nameBytes + extraBytes + commentBytes;
    if (at > end) throw damaged();
    return entry;
  });
}

function findEnd(view) {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= 0 && at >= last - LONGEST_COMMENT; at--) {
    if (view.getUint32(at, true) === END) return at;
  }
  return null;
}

async function readEntry(view, { name, encrypted, method, checksum, packed, size, local }) {
  if (encrypted) throw new ArchiveFault(`has an encrypted ${name}`);
  if (method !== STORED && method !== DEFLATED) {
    throw new ArchiveFault(`has a ${name} that is neither stored nor deflated`);
  }
  if (Math.max(size, packed) > LARGEST_TEXT) {
    throw new ArchiveFault(`claims ${size} bytes of ${name}, more than ${LARGEST_TEXT}`);
  }
  if (local + LOCAL_BYTES > view.byteLength || view.getUint32(local, true) !== LOCAL) throw damaged();
  const start = local + LOCAL_BYTES + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  if (start + packed > view.byteLength) throw damaged();
  const bytes = new Uint8Array(view.buffer, start, packed);
  const text = method === STORED ? bytes : await inflated(bytes, size);
  if (text.length !== size || crc32(text) !== checksum) throw damaged();
  return text;
}

/** No more than `size` bytes, whatever the stream would give. */
async function inflated(bytes, size) {
  const text = new Uint8Array(size);
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  let length = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text.set(part.value, length); // a RangeError where it does not fit
      length += part.value.length;
    }
  } catch {
    throw damaged();
  } finally {
    reader.cancel().catch(() => {});
  }
  return text.subarray(0, length);
}

/** Source: PKWARE, APPNOTE.TXT, section 4.4.7. */
function crc32(bytes) {
  let rest = ~0;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  }
  return ~rest >>> 0;
}

function damaged() {
  return new ArchiveFault("is damaged: the archive at its end cannot be read");
}
