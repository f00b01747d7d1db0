/** What the page shows of a model and of a recording; reads nothing, decides nothing. */

import { DASHES, classColour, drawLogMel, drawProbabilities, drawWaveform } from "./charts.js";
import { bars, create, element, number, ranking, row, seconds, span } from "./elements.js";
import { summary } from "./summary.js";

export function showStatus(text) {
  if (element("status").textContent !== text) element("status").textContent = text; // else it would be read out again
}

/** One sentence in place of a result; null takes it away. */
export function showError(text) {
  element("error").hidden = text === null;
  element("error").textContent = text ?? "";
}

/** Whether the page will open without a network. */
export function showOffline(kept) {
  element("offline").textContent = kept
    ? "It is kept in this browser and opens without a network; it can be installed from the browser's menu."
    : "This browser does not keep it for use without a network.";
}

/** @param {Student} student, @param {string} name of its file, @param {boolean} isSample of the synthetic sample. */
export function showModel(student, name, isSample) {
  const { description } = student;
  const data = description.training_data;
  const rows = {
    File: `${name} (${(student.bytes / 1e6).toFixed(2)} MB${description.variant ? `, ${description.variant}` : ""})`,
    Classes: student.classNames.join(", "),
    Input: `${seconds(student.window / student.rate)} of sound at ${student.rate / 1000} kHz`,
    "Window every": seconds(student.hop / student.rate),
    "Training data": (typeof data === "string" ? data : (data?.licence ?? data?.kind)) ?? "not stated",
  };
  element("sample-notice").hidden = !isSample;
  element("model").replaceChildren(
    ...Object.entries(rows).flatMap(([term, text]) => [create("dt", term), create("dd", text)]),
  );
  element("model-card").textContent = words(description.model_card);
  element("table-head").replaceChildren(
    row(["Window", ...student.classNames].map((content) => ({ content, scope: "col" }))),
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
  element("windows-download").hidden = true;
  for (const id of ["bars", "table-body"]) element(id).replaceChildren();
}

/**
 * @param {Student} student
 * @param {{name: string, seconds: number, windows: object[], picture: Picture}} recording windows as `drawProbabilities`
 *     takes them, at least one.
 * @returns {string} the result in a sentence.
 */
export function showResult(student, recording) {
  const { name, windows } = recording;
  const { mean, silent, ...whole } = summary(recording, student);
  const sentence = `${ranking(student.classNames, mean)}.`;
  const count = windows.length === 1 ? "one window" : `mean of ${windows.length} windows`;
  element("result").hidden = false;
  element("windows-download").hidden = false;
  element("summary").textContent =
    `${name}, ${seconds(whole.seconds)}, ${count}` +
    (silent ? `; ${silent} of them silent, of which no number means anything` : "");
  element("bars").replaceChildren(...bars(student.classNames, mean));
  element("table-body").replaceChildren(
    ...windows.map((window) =>
      row([
        { content: `${span(window)}${window.silent ? " (silent)" : ""}`, scope: "row" },
        ...Array.from(window.probabilities, (value) => ({ content: number(value) })),
      ]),
    ),
  );
  drawAll(student, recording);
  element("probabilities").ariaLabel = `Probabilities over time. ${sentence} All numbers are in the table below.`;
  return sentence;
}

/** Draw again what is shown, after a change of size or colour scheme. */
export function drawAll(student, { seconds: duration, windows, picture }) {
  const { frontEnd } = picture;
  drawWaveform(element("waveform"), picture.envelope, duration);
  drawLogMel(element("log-mel"), picture.logMel.image(), duration);
  drawProbabilities(element("probabilities"), windows, student.classNames.length, duration);
  element("waveform").ariaLabel = `Waveform of ${seconds(duration)}.`;
  element("log-mel").ariaLabel = `Log-mel spectrogram of ${seconds(duration)}, ${frontEnd.n_mels} mel bands.`;
  element("log-mel-unit").textContent =
    `${frontEnd.n_mels} mel bands, ${frontEnd.top_db} dB below the loudest point (yellow) to silence (blue)`;
  element("probability-unit").textContent =
    `of windows of ${seconds(student.window / student.rate)}, each at its middle`;
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
  return create("li", picture, text);
}

/** The model card, a text or named texts. */
function words(card) {
  if (card === null || typeof card !== "object") return card ?? "";
  return Object.entries(card)
    .map(([key, value]) => `${key.replaceAll("_", " ")}: ${typeof value === "object" ? words(value) : value}`)
    .join("\n");
}
