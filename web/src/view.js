/** What the page shows of a model and of a recording; reads nothing, decides nothing. */

import { DASHES, classColour, drawLogMel, drawProbabilities, drawWaveform } from "./charts.js";
import { logMel } from "./log_mel.js";

const MOST_FRAMES = 1200; // of the picture of the log-mel: more than a screen shows
const element = (id) => document.getElementById(id);
const percent = (probability) => `${(100 * probability).toFixed(1)} %`;
const seconds = (time) => `${time.toFixed(1)} s`;

export function showStatus(text) {
  if (element("status").textContent !== text) element("status").textContent = text; // else it would be read out again
}

/** One sentence in place of a result; null takes it away. */
export function showError(text) {
  element("error").hidden = text === null;
  element("error").textContent = text ?? "";
}

export function showModel(student, name) {
  const { description } = student;
  const rows = {
    File: `${name} (${(student.bytes / 1e6).toFixed(2)} MB${description.variant ? `, ${description.variant}` : ""})`,
    Classes: student.classNames.join(", "),
    Input: `${seconds(student.window / student.rate)} of sound at ${student.rate / 1000} kHz`,
    "Window every": seconds(student.hop / student.rate),
    "Training data": description.training_data?.licence ?? description.training_data?.kind ?? "not stated",
  };
  element("model").replaceChildren(
    ...Object.entries(rows).flatMap(([term, text]) => [create("dt", term), create("dd", text)]),
  );
  element("model-card").textContent = words(description.model_card);
  element("table-head").replaceChildren(
    row("th", ["Window", ...student.classNames].map((text) => ({ text, scope: "col" }))),
  );
  element("legend").replaceChildren(...student.classNames.map(legendItem));
}

export function hideResult() {
  element("result").hidden = true;
  clearNumbers();
}

/** The picture of a recording that has no result yet. */
export function showSound(student, recording) {
  element("result").hidden = false;
  clearNumbers();
  drawAll(student, recording);
}

function clearNumbers() {
  element("summary").textContent = "";
  for (const id of ["bars", "table-body"]) element(id).replaceChildren();
}

/**
 * @param {Student} student
 * @param {{name: string, waveform: Float32Array, windows: object[]}} recording windows as `drawProbabilities` takes
 *     them, at least one.
 * @returns {string} the result in a sentence.
 */
export function showResult(student, recording) {
  const { name, waveform, windows } = recording;
  const mean = meanProbabilities(windows, student.classNames.length);
  const ranked = student.classNames.map((text, index) => ({ text, probability: mean[index] }));
  ranked.sort((a, b) => b.probability - a.probability);
  const silent = windows.filter((window) => window.silent).length;
  const sentence = `${ranked.map(({ text, probability }) => `${text} ${percent(probability)}`).join(", ")}.`;
  const count = windows.length === 1 ? "one window" : `mean of ${windows.length} windows`;
  element("result").hidden = false;
  element("summary").textContent =
    `${name}, ${seconds(waveform.length / student.rate)}, ${count}` +
    (silent ? `; ${silent} of them silent, of which no number means anything` : "");
  element("bars").replaceChildren(...student.classNames.map((text, index) => bar(text, mean[index], index)));
  element("table-body").replaceChildren(
    ...windows.map(({ start, end, silent, probabilities }) =>
      row("td", [
        { text: `${start.toFixed(1)}–${end.toFixed(1)} s${silent ? " (silent)" : ""}`, scope: "row" },
        ...Array.from(probabilities, (value) => ({ text: percent(value), value })),
      ]),
    ),
  );
  drawAll(student, recording);
  element("probabilities").ariaLabel = `Probabilities over time. ${sentence} All numbers are in the table below.`;
  return sentence;
}

/** Draw again what is shown, after a change of size or colour scheme. */
export function drawAll(student, { waveform, windows }) {
  const duration = waveform.length / student.rate;
  const frontEnd = drawn(student.description.front_end);
  drawWaveform(element("waveform"), waveform, duration);
  drawLogMel(element("log-mel"), logMel(waveform, frontEnd, student.rate, MOST_FRAMES), duration);
  drawProbabilities(element("probabilities"), windows, student.classNames.length, duration);
  element("waveform").ariaLabel = `Waveform of ${seconds(duration)}.`;
  element("log-mel").ariaLabel = `Log-mel spectrogram of ${seconds(duration)}, ${frontEnd.n_mels} mel bands.`;
  element("log-mel-unit").textContent =
    `${frontEnd.n_mels} mel bands, ${frontEnd.top_db} dB below the loudest point (yellow) to silence (blue)`;
  element("probability-unit").textContent =
    `of windows of ${seconds(student.window / student.rate)}, each at its middle`;
}

/** The log-mel to draw: the student's own, or the usual one where it hears something else; as `StudentRunner.log_mel`. */
function drawn(frontEnd) {
  return frontEnd.kind === undefined ? frontEnd : { n_fft: 1024, hop_length: 512, n_mels: 128, top_db: 80 };
}

function meanProbabilities(windows, classCount) {
  return Array.from(
    { length: classCount },
    (_, index) => windows.reduce((sum, { probabilities }) => sum + probabilities[index], 0) / windows.length,
  );
}

function bar(text, probability, index) {
  const item = create("li");
  const track = create("div");
  const fill = create("div");
  track.className = "track";
  track.ariaHidden = "true";
  fill.className = "fill";
  fill.style.width = percent(probability).replace(" ", "");
  fill.style.background = `var(${classColour(index)})`;
  track.append(fill);
  item.append(create("span", text), track, number(probability));
  return item;
}

function legendItem(text, index) {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const stroke = document.createElementNS("http://www.w3.org/2000/svg", "path");
  picture.setAttribute("viewBox", "0 0 30 10");
  stroke.setAttribute("d", "M0 5H30");
  stroke.style.stroke = `var(${classColour(index)})`;
  stroke.setAttribute("stroke-width", "2.5");
  stroke.setAttribute("stroke-dasharray", DASHES[index % DASHES.length].join(" "));
  picture.append(stroke);
  const item = create("li");
  item.append(picture, text);
  return item;
}

function row(tag, cells) {
  const line = create("tr");
  for (const { text, scope, value } of cells) {
    const cell = create(scope ? "th" : tag);
    if (scope) cell.scope = scope;
    cell.append(value === undefined ? text : number(value));
    line.append(cell);
  }
  return line;
}

/** A number rounded for the eye, whole for a program. */
function number(value) {
  const data = create("data", percent(value));
  data.value = String(value);
  return data;
}

function create(tag, text = "") {
  const node = document.createElement(tag);
  node.textContent = text;
  return node;
}

/** The model card, a text or named texts. */
function words(card) {
  if (card === null || typeof card !== "object") return card ?? "";
  return Object.entries(card)
    .map(([key, value]) => `${key.replaceAll("_", " ")}: ${typeof value === "object" ? words(value) : value}`)
    .join("\n");
}
