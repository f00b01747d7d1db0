/** A file read by pieces: however long it is, the memory holds one of them. */

import { UserError } from "./errors.js";

const PAGE = 1 << 16; // bytes that are read where a few are asked for: the next ones are mostly asked for next
const PIECE = 1 << 19; // bytes, where all of a file is read

export class FileBytes {
  #file;
  #page = new ArrayBuffer(0);
  #start = 0; // of the page

  /** @param {File} file */
  constructor(file) {
    this.#file = file;
    this.name = file.name;
    this.size = file.size;
  }

  /** @returns {Promise<DataView>} `length` bytes from `at` on; fewer where the file ends, none behind its end. */
  async view(at, length) {
    const stop = Math.max(at, Math.min(at + length, this.size));
    if (at < this.#start || stop > this.#start + this.#page.byteLength) {
      this.#page = await this.read(at, Math.max(stop, at + PAGE));
      this.#start = at;
    }
    return stop > at ? new DataView(this.#page, at - this.#start, stop - at) : new DataView(new ArrayBuffer(0));
  }

  /**
   * @returns {Promise<ArrayBuffer>} the bytes from `start` to before `stop`, or to the file's end.
   * @throws {UserError} the browser may not read the file any more: it was moved or changed.
   */
  async read(start, stop) {
    try {
      return await this.#file.slice(start, stop).arrayBuffer();
    } catch (error) {
      throw new UserError(`${this.name} cannot be read (${error.name}); choose it again.`);
    }
  }

  /** Pieces of whole units of `unit` bytes, one behind the other; what is left at the end is no unit. */
  async *pieces(start, stop, unit = 1) {
    const end = start + Math.floor((stop - start) / unit) * unit;
    const step = Math.max(1, Math.floor(PIECE / unit)) * unit;
    for (let at = start; at < end; at += step) yield new DataView(await this.read(at, Math.min(at + step, end)));
  }

  /** @param {string} word of bytes, @returns {Promise<number>} where it stands, from `from` on; -1 if nowhere. */
  async find(word, from) {
    const wanted = Uint8Array.from(word, (letter) => letter.charCodeAt(0));
    for (let at = from; at + wanted.length <= this.size; at += PIECE) {
      const bytes = new Uint8Array(await this.read(at, at + PIECE + wanted.length - 1));
      for (let place = bytes.indexOf(wanted[0]); place >= 0; place = bytes.indexOf(wanted[0], place + 1)) {
        if (wanted.every((byte, offset) => bytes[place + offset] === byte)) return at + place;
      }
    }
    return -1;
  }
}
