/** Channels into what is heard: their mean, or one of them. */

import { UserError } from "./errors.js";
import { Levels } from "./recording.js";

export class Mono {
  #levels = []; // of each channel

  /** @param {string} name of the file, for errors, @param {number | null} only this channel, from 0; null for all. */
  constructor(name, only) {
    this.name = name;
    this.only = only;
  }

  /**
   * @param {(Float32Array | Float64Array)[]} channels of one block, all of the same length.
   * @param {number} scale by which the result is divided.
   * @returns {Float32Array}
   * @throws {UserError} the channel to hear is missing, or a sample is not finite.
   */
  mix(channels, scale = 1) {
    const { name, only } = this;
    if (only !== null) checkChannel(only, channels.length, name);
    channels.forEach((samples, index) => (this.#levels[index] ??= new Levels()).push(samples));
    if (!Number.isFinite(this.peak)) {
      throw new UserError(`${name} holds NaN or infinite samples; expected finite ones.`);
    }
    const heard = only === null ? channels : [channels[only]];
    const samples = new Float32Array(channels[0].length);
    for (let at = 0; at < samples.length; at++) {
      let sum = 0;
      for (let index = 0; index < heard.length; index++) sum += heard[index][at];
      samples[at] = sum / heard.length;
    }
    return scale === 1 ? samples : samples.map((sample) => sample / scale);
  }

  /** The largest distance of a sample of any channel from zero. */
  get peak() {
    return Math.max(...this.#levels.map(({ peak }) => peak));
  }

  /** Half the range of the channel with the largest. */
  get loudest() {
    return Math.max(0, ...this.#levels.map(({ halfRange }) => halfRange));
  }
}

/** @throws {UserError} a file of so many channels does not have this one, counted from 0. */
export function checkChannel(channel, channels, name) {
  if (channel < channels) return;
  const found = channels === 1 ? "one channel" : `${channels} channels`;
  throw new UserError(`${name} has ${found}; expected ${channel + 1} at least, for channel ${channel + 1} was chosen.`);
}
