/** Brings the parts of the page together: a model, files or the microphone, a result. */

import { download, recordingTable, windowTable } from "./csv.js";
import { UserError } from "./errors.js";
import { hideFiles, showFiles } from "./files_view.js";
import { Live } from "./live.js";
import { hideLive, showLive, showWindows } from "./live_view.js";
import { Microphone } from "./microphone.js";
import { keepOffline } from "./offline.js";
import { scoreFile } from "./scoring.js";
import { MODEL } from "./site.js";
import { Student, startRuntime } from "./student.js";
import { summary } from "./summary.js";
import {
  drawAll,
  hideResult,
  showError,
  showModel,
  showOffline,
  showResult,
  showSound,
  showStatus,
} from "./view.js";

const REDRAW_MS = 250; // while the microphone is on, and no more than a tenth of the time
const [
  drop,
  recordingInput,
  channelInput,
  modelInput,
  microphoneButton,
  pauseButton,
  filesDownload,
  windowsDownload,
] = [
  "drop",
  "recording-file",
  "channel",
  "model-file",
  "microphone",
  "pause",
  "files-download",
  "windows-download",
].map((id) => document.getElementById(id));

let student = null;
let microphone = null;
let chosen = []; // files, to score again with another model
let results = []; // of several files, as `summary` gives them
let shown = null; // what is on the page, as `Listening.recording` gives it
let live = null; // while the microphone is on
let nextDrawing = 0; // in the time of performance.now()
let task = 0; // of the latest request; an older one that is still at work gives up

await attempt(async () => {
  microphone = await Microphone.prepare();
  await startRuntime();
  if (MODEL) {
    const content = await (await fetch(new URL(`../${MODEL.name}`, import.meta.url))).arrayBuffer();
    await useModel(content, MODEL.name, MODEL.sample);
  }
});
forbidConnections();
modelInput.disabled = false;
if (!student) showStatus("No model is loaded; choose a .tflite file below.");
document.body.dataset.ready = "true";
keepOffline().then((kept) => {
  showOffline(kept);
  document.body.dataset.offline = kept;
});

modelInput.addEventListener("change", () => takeFiles(modelInput, ([file]) => openModel(file)));
recordingInput.addEventListener("change", () => takeFiles(recordingInput, openRecordings));
channelInput.addEventListener("change", () => attempt(scoreAgain));
microphoneButton.addEventListener("click", () => attempt(live ? stopListening : startListening));
pauseButton.addEventListener("click", () => setPaused(!live.paused));
filesDownload.addEventListener("click", () => download("recordings.csv", recordingTable(results, student.classNames)));
windowsDownload.addEventListener("click", () => download("windows.csv", windowTable(shown, student.classNames)));
for (const kind of ["dragenter", "dragover"]) addEventListener(kind, (event) => showDrag(event, true));
for (const kind of ["dragleave", "drop"]) addEventListener(kind, (event) => showDrag(event, false));
addEventListener("drop", ({ dataTransfer }) => {
  const files = [...dataTransfer.files];
  const model = files.find(({ name }) => name.endsWith(".tflite"));
  if (files.length) attempt(() => (model ? openModel(model) : openRecordings(files)));
});
const redraw = () => shown && drawAll(student, shown);
addEventListener("resize", redraw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

/** From here on the browser refuses every connection of this page, also to where it came from. */
function forbidConnections() {
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = "connect-src 'none'";
  document.head.append(policy);
}

function takeFiles(input, open) {
  const files = [...input.files];
  input.value = ""; // so that the same file can be chosen again
  if (files.length) attempt(() => open(files));
}

async function openModel(file) {
  await useModel(await file.arrayBuffer(), file.name, false);
  await scoreAgain();
}

/** With another model, or another channel. */
async function scoreAgain() {
  if (!chosen.length) return;
  clearResults();
  await scoreChosen();
}

async function useModel(content, name, isSample) {
  const loaded = await Student.load(content, name);
  await closeMicrophone();
  clearResults();
  student?.delete();
  student = loaded;
  showModel(student, name, isSample);
  showStatus("Ready.");
  recordingInput.disabled = microphoneButton.disabled = false;
}

async function openRecordings(files) {
  if (!student) throw new UserError("There is no model yet; choose a .tflite file first.");
  await closeMicrophone();
  clearResults();
  chosen = files;
  await scoreChosen();
}

async function scoreChosen() {
  if (chosen.length === 1) return scoreOne(chosen[0]);
  const mine = ++task;
  for (const [index, file] of chosen.entries()) {
    const result = await scored(file, mine, `${index + 1} of ${chosen.length}: `)
      .then((found) => found && summary(found.recording, student))
      .catch((error) => {
        if (error instanceof UserError) return { name: file.name, fault: error.message };
        throw error;
      });
    if (mine !== task) return;
    results.push(result);
    showFiles(results, student.classNames, (place) => attempt(() => chooseOne(place)));
  }
  const faults = results.filter(({ fault }) => fault !== undefined).length;
  const rest = faults ? `, and ${faults} could not be scored` : "";
  showStatus(`Done: ${results.length - faults} of ${results.length} recordings were scored${rest}.`);
}

/** One of several, whose table stays. */
async function chooseOne(place) {
  if (results.length < chosen.length) {
    throw new UserError("Not all recordings are scored yet; choose one when they are.");
  }
  shown = null;
  hideResult();
  await scoreOne(chosen[place]);
}

async function scoreOne(file) {
  const mine = ++task;
  const found = await scored(file, mine).catch((error) => {
    if (mine === task) throw error; // else nobody waits for it any more
  });
  if (!found) return;
  shown = found.recording;
  const sentence = showResult(student, shown);
  const narrow =
    found.rate < student.rate ? ` It was recorded at ${found.rate / 1000} kHz: the model misses the higher half.` : "";
  showStatus(`Done: ${sentence}${narrow}`);
}

/** @returns {Promise<{recording: object, rate: number} | null>} null if another request came in the meantime. */
function scored(file, mine, before = "") {
  return scoreFile(student, file, channelInput.value === "" ? null : Number(channelInput.value), {
    isWanted: () => mine === task,
    say: (text) => mine === task && showStatus(`${before}${text}`),
  });
}

async function startListening() {
  clearResults();
  chosen = [];
  const mine = task;
  const started = new Live(student, hear);
  microphoneButton.disabled = true;
  try {
    await started.start(microphone);
  } finally {
    microphoneButton.disabled = false;
  }
  if (mine !== task) return started.close(); // a file was chosen while the browser asked for permission
  live = started;
  microphoneButton.textContent = "Stop";
  microphoneButton.classList.add("active");
  pauseButton.hidden = false;
  showLive(live);
  showWindows(live);
  showStatus(`Listening; the first result comes after ${student.window / student.rate} s.`);
}

function setPaused(paused) {
  live.pause(paused);
  pauseButton.textContent = paused ? "Go on" : "Pause";
  showLive(live);
  showStatus(paused ? "Paused; nothing is heard." : "Listening.");
}

function hear(heard, isNewWindow) {
  if (live !== heard) return;
  showLive(live);
  const now = performance.now();
  if (isNewWindow || now > nextDrawing) {
    shown = live.recording;
    (shown.windows.length ? showResult : showSound)(student, shown);
    nextDrawing = performance.now() + Math.max(REDRAW_MS, 10 * (performance.now() - now));
  }
  if (isNewWindow) {
    showWindows(live);
    const count = shown.windows.length;
    const { label } = summary({ ...shown, windows: shown.windows.slice(-1) }, student);
    showStatus(`Listening; in window ${count}, ${label} is the most likely.`);
  }
  if (live.isFull) attempt(stopListening);
}

async function stopListening() {
  const { listening } = live;
  await closeMicrophone();
  if (listening.isSilent) {
    clearResults();
    throw new UserError("The microphone gave no sound; let it listen longer, or check that it is not muted.");
  }
  await listening.finish();
  shown = listening.recording("Microphone");
  showStatus(`Stopped: ${showResult(student, shown)}`);
}

async function closeMicrophone() {
  const ending = live;
  live = null;
  microphoneButton.textContent = "Use the microphone";
  microphoneButton.classList.remove("active");
  pauseButton.hidden = true;
  pauseButton.textContent = "Pause";
  hideLive();
  await ending?.close();
}

/** Take the results off the page; whatever is still at work on one gives up. */
function clearResults() {
  task++;
  shown = null;
  results = [];
  hideResult();
  hideFiles();
}

/** Do something; a fault becomes one sentence on the page. */
async function attempt(action) {
  showError(null);
  try {
    await action();
  } catch (error) {
    if (!shown) showStatus(student ? "Ready." : "");
    showError(error instanceof UserError ? error.message : `The page cannot go on: ${error.message}`);
  }
}

function showDrag(event, over) {
  event.preventDefault();
  drop.classList.toggle("over", over);
}
