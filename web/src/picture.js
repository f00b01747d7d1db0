/** What is drawn of a sound as it grows: however long it is, it takes some ten megabytes. */

import { Envelope } from "./envelope.js";
import { LogMel } from "./log_mel.js";

const MOST_FRAMES = 2400; // of the log-mel: more than a screen shows
const USUAL = { n_fft: 1024, hop_length: 512, n_mels: 128, top_db: 80 };

export class Picture {
  /** @param {Student} student whose log-mel is drawn, or the usual one where it hears something else. */
  constructor(student) {
    const heard = student.description.front_end;
    this.frontEnd = heard.kind === undefined ? heard : USUAL; // as `StudentRunner.log_mel`
    this.envelope = new Envelope();
    this.logMel = new LogMel(this.frontEnd, student.rate, MOST_FRAMES);
  }

  /** @param {Float32Array} samples that follow, at the student's rate. */
  push(samples) {
    this.envelope.push(samples);
    this.logMel.push(samples);
  }
}
