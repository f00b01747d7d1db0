/** Sound that the browser decodes packet by packet, so that the memory holds a block of it and not the whole. */

import {
  ADTS,
  AudioSampleSink,
  BlobSource,
  FLAC,
  Input,
  LogLevel,
  Logging,
  MATROSKA,
  MP3,
  MP4,
  OGG,
  QTFF,
  WEBM,
} from "../mediabunny/mediabunny.js";
import { UserError } from "./errors.js";
import { Mono } from "./mono.js";
import { unheard } from "./padding.js";

const FORMATS = [MP4, QTFF, MATROSKA, WEBM, OGG, MP3, ADTS, FLAC];
const BEGINNINGS = new Map([
  [OGG, "OggS\0\x02"],
  [FLAC, 'fLaC\0\0\0"'],
  [WEBM, "\x42\x82\x84webm"],
  [MATROSKA, "\x42\x82\x88matroska"],
]);
const BLOCK = 1 << 15; // samples of a channel
Logging.level = LogLevel.Silent; // a file that it cannot read becomes a sentence on the page

/** A file that is no case for this decoder, from its head or from some damage on. `whole_decoder.js` may read it. */
export class NotByBlocks extends Error {}

/**
 * @param {File} file, @param {FileBytes} bytes of it.
 * @param {number | null} channel the one to hear, from 0; null for the mean of all.
 * @returns {Promise<object>} a sound as `hearSound` hands it on, and its `loudest`.
 * @throws {NotByBlocks} as its blocks do.
 */
export async function openByBlocks(file, bytes, channel) {
  if (!decodesPackets()) throw new NotByBlocks("this browser decodes no packets, or not over plain http");
  const input = new Input({ source: new BlobSource(file), formats: FORMATS });
  try {
    const [format, [track]] = [await input.getFormat(), await input.getAudioTracks()];
    if (!(await track?.canDecode())) throw new NotByBlocks("no track that this browser decodes");
    if (await beginsAgain(bytes, format)) throw new NotByBlocks("files joined, of which only the first would be heard");
    const samples = new AudioSampleSink(track).samples();
    const { value: first } = await samples.next();
    if (!first) throw new NotByBlocks("no sound");
    const sound = { rate: first.sampleRate, seconds: await track.getDurationFromMetadata(), loudest: 0 };
    const cuts = await unheard(format, track, bytes);
    sound.blocks = blocks(input, first, samples, cuts, new Mono(bytes.name, channel), sound);
    return sound;
  } catch (error) {
    input.dispose();
    throw notByBlocks(error);
  }
}

/** Packets of AAC, Opus and Vorbis crash or stop WebKit's decoder (seen in WebKitGTK 2.50.6); whole files it decodes well. */
function decodesPackets() {
  return "AudioDecoder" in self && !/Apple/.test(navigator.vendor);
}

async function* blocks(input, first, samples, cuts, mono, sound) {
  const { sampleRate: rate, numberOfChannels: count } = first;
  const planes = Array.from({ length: count }, () => new Float32Array(BLOCK));
  let filled = 0;
  let sample = first;
  try {
    for (; sample; sample = (await samples.next()).value) {
      if (sample.sampleRate !== rate || sample.numberOfChannels !== count) throw new NotByBlocks("a change of format");
      for (let [start, stop] of heard(sample, cuts)) {
        while (start < stop) {
          const frames = Math.min(stop - start, BLOCK - filled);
          copy(sample, start, frames, planes, filled);
          start += frames;
          filled += frames;
          if (filled < BLOCK) continue;
          yield mono.mix(planes);
          filled = 0;
        }
      }
      sample.close();
    }
    if (filled) yield mono.mix(planes.map((plane) => plane.subarray(0, filled)));
    sound.loudest = mono.loudest;
  } catch (error) {
    throw notByBlocks(error);
  } finally {
    sample?.close();
    await samples.return();
    input.dispose();
  }
}

/** @returns {[number, number][]} first frames and those behind the last ones, of what is not cut. */
function heard({ timestamp, sampleRate, numberOfFrames: frames }, cuts) {
  const frame = (time) => Math.min(frames, Math.max(0, Math.round((time - timestamp) * sampleRate)));
  return cuts.reduce(
    (pieces, [from, to]) =>
      pieces
        .flatMap(([start, stop]) => [
          [start, Math.min(stop, frame(from))],
          [Math.max(start, frame(to)), stop],
        ])
        .filter(([start, stop]) => start < stop),
    [[0, frames]],
  );
}

function copy(sample, frameOffset, frameCount, planes, at) {
  planes.forEach((plane, planeIndex) =>
    sample.copyTo(plane.subarray(at, at + frameCount), { planeIndex, format: "f32-planar", frameOffset, frameCount }),
  );
}

/** Whether files were put one behind the other, as `cat` does it: the demuxer would give the first of them alone. */
async function beginsAgain(bytes, format) {
  const word = BEGINNINGS.get(format);
  if (!word) return false;
  const at = await bytes.find(word, 0);
  return at >= 0 && (await bytes.find(word, at + 1)) >= 0;
}

/** The demuxer and the decoder have errors of their own, all of which say the same. */
function notByBlocks(error) {
  return error instanceof UserError || error instanceof NotByBlocks ? error : new NotByBlocks(error.message);
}
