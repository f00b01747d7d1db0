/** What an exported `.tflite` says of itself, checked: its `model.json` against its seal, its labels and its model. */

import { ArchiveFault, readArchive } from "./archive.js";
import { UserError } from "./errors.js";
import { constantsOf } from "./flatbuffer.js";
import { frontEndFault } from "./front_end.js";

const FORMAT = 1; // of model.json that this page reads
const IDENTIFIER = "TFL3"; // at byte 4 of every TFLite file
const EXPORT_HINT = "choose a file written by recipes/export_tflite.py.";
const [DESCRIPTION, LABELS] = ["model.json", "labels.txt"];
const RATES = [4000, 768000]; // Hz; stressid_keras/runtime/pcm.py
const LONGEST_WINDOW = 3600; // seconds; stressid_keras/runtime/description.py
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * @param {ArrayBuffer} content of a `.tflite` file.
 * @param {string} name of the file, for errors.
 * @returns {Promise<object>} its `model.json`.
 * @throws {UserError} it is no exported file, is damaged, or was edited.
 */
export async function describe(content, name) {
  if (!content.byteLength) throw new UserError(`${name} is empty (0 bytes); ${EXPORT_HINT}`);
  const head = String.fromCharCode(...new Uint8Array(content.slice(4, 8)));
  if (head !== IDENTIFIER) throw new UserError(`${name} is not a TFLite model; ${EXPORT_HINT}`);
  const { texts, before } = await archived(content, name);
  const text = decoded(texts.get(DESCRIPTION), DESCRIPTION, name);
  const description = parsed(text, name);
  await checkSeal(texts.get(DESCRIPTION), description.seal, name);
  if (texts.has(LABELS)) checkLabels(decoded(texts.get(LABELS), LABELS, name), description.class_names, name);
  await checkHash(content.slice(0, before), description.flatbuffer_sha256, name);
  return description;
}

async function archived(content, name) {
  let found;
  try {
    found = await readArchive(content, [DESCRIPTION, LABELS]);
  } catch (error) {
    if (error instanceof ArchiveFault) throw new UserError(`${name} ${error.message}; ${EXPORT_HINT}`);
    throw error;
  }
  if (found.texts.has(DESCRIPTION)) return found;
  throw new UserError(`${name} has no model.json that names its classes and window; ${EXPORT_HINT}`);
}

function decoded(bytes, entry, name) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(`${entry} inside ${name} is not UTF-8; ${EXPORT_HINT}`);
  }
}

function parsed(text, name) {
  let description;
  try {
    description = JSON.parse(text);
  } catch {
    throw new UserError(`model.json inside ${name} is not JSON; ${EXPORT_HINT}`);
  }
  if (description?.format !== FORMAT) {
    const found = String(JSON.stringify(description?.format)).slice(0, 40);
    throw new UserError(`model.json inside ${name} has format ${found}; this page reads format ${FORMAT}.`);
  }
  const wrong = Object.keys(EXPECTED).find((key) => !EXPECTED[key](description[key]));
  if (wrong) throw new UserError(`model.json inside ${name} has no usable ${wrong}; ${EXPORT_HINT}`);
  if (description.window_samples > LONGEST_WINDOW * description.sample_rate) {
    throw new UserError(`model.json inside ${name} has no usable window_samples; ${EXPORT_HINT}`);
  }
  return description;
}

function checkLabels(text, names, name) {
  const labels = text.replaceAll("\r\n", "\n").replace(/\n$/, "").split("\n");
  if (labels.length !== names.length || labels.some((label, index) => label !== names[index])) {
    throw new UserError(`labels.txt and model.json inside ${name} name other classes; ${EXPORT_HINT}`);
  }
}

/** The seal is the hash of the text with zeros in its place; files of before there was one have none. */
async function checkSeal(bytes, seal, name) {
  if (seal === undefined) return;
  const changed = () => new UserError(`model.json inside ${name} was changed after the export; export it again.`);
  if (!isHash(seal)) throw changed();
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).replaceAll(seal, "0".repeat(64));
  const found = await sha256(new TextEncoder().encode(text));
  if (found !== null && found !== seal) throw changed();
}

/** A changed weight does not disturb the runtime: it would give other numbers. */
async function checkHash(model, expected, name) {
  if (expected === undefined || expected === null) return;
  const found = await sha256(model);
  if (found !== null && found !== expected) {
    throw new UserError(`${name} is damaged: it does not have the hash that its model.json names; export it again.`);
  }
}

/** null where there is none: browsers have no hash for pages that came unprotected from another computer. */
async function sha256(bytes) {
  if (!crypto.subtle) return null;
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The model is asked as well: it would take another rate without a word.
 *
 * @param {ArrayBuffer} model content of the file, @param {object} description as `describe` gives it, @param {string} name
 * @throws {UserError} the model computes another front end than the one described.
 */
export function checkFrontEnd(model, description, name) {
  let tensors;
  try {
    tensors = constantsOf(model);
  } catch {
    throw new UserError(`${name} is damaged: its model cannot be read; export it again.`);
  }
  const fault = frontEndFault(tensors, description);
  if (fault) throw new UserError(`model.json inside ${name} ${fault}; export it again.`);
}

const isPositive = (value) => Number.isFinite(value) && value > 0;
const isCount = (value) => Number.isInteger(value) && value > 0 && value < 2 ** 31;
const isLogMel = ({ n_fft: size, hop_length: hop, top_db: range }) => size % hop === 0 && isPositive(range);
const isLevel = (value) => Number.isFinite(value) && value >= -200 && value <= -1; // as SpeechFrontEnd in Python
const isSpeech = ({ n_fft: size, hop_length: hop, level }) => hop <= size && isLevel(level);
const isHash = (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
const isName = (value) =>
  typeof value === "string" && value.trim() !== "" && value.length <= 200 && !UNPRINTABLE.test(value);
const EXPECTED = {
  front_end: (options) =>
    options !== null &&
    typeof options === "object" &&
    [options.n_fft, options.hop_length, options.n_mels].every(isCount) &&
    options.n_fft < 1 << 20 &&
    options.n_mels < 1 << 12 &&
    (options.kind === undefined ? isLogMel(options) : options.kind === "speech" && isSpeech(options)),
  class_names: (names) =>
    Array.isArray(names) && names.length > 1 && names.every(isName) && new Set(names).size === names.length,
  sample_rate: (rate) => isCount(rate) && RATES[0] <= rate && rate <= RATES[1],
  window_samples: isCount,
  hop_seconds: isPositive,
  flatbuffer_sha256: (hash) => hash === undefined || hash === null || isHash(hash),
};
