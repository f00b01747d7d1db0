/** Brings the parts of the page together: a model, a file or the microphone, a result. */

import { UserError } from "./errors.js";
import { Listening } from "./listening.js";
import { Microphone } from "./microphone.js";
import { isSilent, windowStarts } from "./recording.js";
import { resample } from "./resample.js";
import { MODEL } from "./site.js";
import { Student, startRuntime } from "./student.js";
import { drawAll, hideResult, showError, showModel, showResult, showSound, showStatus } from "./view.js";
import { readWav } from "./wav.js";

const LONGEST_LISTENING = 600; // seconds, some 40 MB of memory
const REDRAW_MS = 250; // while the microphone is on, and no more than a tenth of the time
const [drop, recordingInput, modelInput, microphoneButton] = [
  "drop",
  "recording-file",
  "model-file",
  "microphone",
].map((id) => document.getElementById(id));

let student = null;
let microphone = null;
let sound = null; // {name, samples, rate} as recorded, to score again with another model
let shown = null; // {name, waveform, windows} that is on the page
let heard = null; // while the microphone is on: {listening, close}
let nextDrawing = 0; // in the time of performance.now()
let task = 0; // of the latest request; an older one that is still at work gives up

await attempt(async () => {
  microphone = await Microphone.prepare();
  await startRuntime();
  if (MODEL) await useModel(await (await fetch(new URL(`../${MODEL}`, import.meta.url))).arrayBuffer(), MODEL);
});
forbidConnections();
modelInput.disabled = false;
if (!student) showStatus("No model is loaded; choose a .tflite file below.");
document.body.dataset.ready = "true";

modelInput.addEventListener("change", () => takeFile(modelInput, openModel));
recordingInput.addEventListener("change", () => takeFile(recordingInput, openRecording));
microphoneButton.addEventListener("click", () => attempt(heard ? stopListening : startListening));
for (const kind of ["dragenter", "dragover"]) addEventListener(kind, (event) => showDrag(event, true));
for (const kind of ["dragleave", "drop"]) addEventListener(kind, (event) => showDrag(event, false));
addEventListener("drop", ({ dataTransfer }) => {
  const [file] = dataTransfer.files;
  if (file) attempt(() => (file.name.endsWith(".tflite") ? openModel(file) : openRecording(file)));
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

function takeFile(input, open) {
  const [file] = input.files;
  input.value = ""; // so that the same file can be chosen again
  if (file) attempt(() => open(file));
}

async function openModel(file) {
  await useModel(await file.arrayBuffer(), file.name);
  if (sound) await score();
}

async function useModel(content, name) {
  const loaded = await Student.load(content, name);
  await closeMicrophone();
  clearResult();
  student?.delete();
  student = loaded;
  showModel(student, name);
  showStatus("Ready.");
  recordingInput.disabled = microphoneButton.disabled = false;
}

async function openRecording(file) {
  if (!student) throw new UserError("There is no model yet; choose a .tflite file first.");
  await closeMicrophone();
  clearResult();
  sound = null;
  showStatus(`Reading ${file.name} …`);
  const mine = task;
  const read = { name: file.name, ...readWav(await file.arrayBuffer(), file.name) };
  if (mine !== task) return; // another was chosen in the meantime
  sound = read;
  await score();
}

async function score() {
  const mine = ++task;
  const scorer = student;
  const { name, rate } = sound;
  showStatus(`Listening to ${name} …`);
  await letBrowserDraw();
  if (isSilent(sound.samples)) throw new UserError(`${name} is silent; expected a recording with sound.`);
  const waveform = resample(sound.samples, rate, scorer.rate);
  const windows = [];
  for (const start of windowStarts(waveform.length, scorer.window, scorer.hop)) {
    windows.push(await scorer.score(waveform, start));
    await letBrowserDraw();
    if (mine !== task) return;
  }
  shown = { name, waveform, windows };
  const sentence = showResult(scorer, shown);
  const narrow = rate < scorer.rate ? ` It was recorded at ${rate / 1000} kHz: the model misses the higher half.` : "";
  showStatus(`Done: ${sentence}${narrow}`);
}

async function startListening() {
  clearResult();
  sound = null;
  const mine = task;
  const listening = new Listening(student);
  microphoneButton.disabled = true;
  let close;
  try {
    close = await microphone.listen(student.rate, (samples) => hear(listening, samples));
  } finally {
    microphoneButton.disabled = false;
  }
  if (mine !== task) return close(); // a file was chosen while the browser asked for permission
  heard = { listening, close };
  microphoneButton.textContent = "Stop";
  microphoneButton.classList.add("active");
  showStatus(`Listening; the first result comes after ${student.window / student.rate} s.`);
}

async function hear(listening, samples) {
  listening.push(samples);
  const scored = await listening.advance();
  if (heard?.listening !== listening) return;
  const now = performance.now();
  if (scored || now > nextDrawing) {
    shown = { name: "Microphone", waveform: listening.waveform, windows: listening.windows };
    (listening.windows.length ? showResult : showSound)(student, shown);
    nextDrawing = performance.now() + Math.max(REDRAW_MS, 10 * (performance.now() - now));
  }
  if (listening.waveform.length > LONGEST_LISTENING * student.rate) await attempt(stopListening);
}

async function stopListening() {
  const { listening } = heard;
  await closeMicrophone();
  if (isSilent(listening.waveform)) {
    clearResult();
    throw new UserError("The microphone gave no sound; let it listen longer, or check that it is not muted.");
  }
  await listening.finish();
  shown = { name: "Microphone", waveform: listening.waveform, windows: listening.windows };
  showStatus(`Stopped: ${showResult(student, shown)}`);
}

async function closeMicrophone() {
  const close = heard?.close;
  heard = null;
  microphoneButton.textContent = "Use the microphone";
  microphoneButton.classList.remove("active");
  await close?.();
}

/** Take the result off the page; whatever is still at work on one gives up. */
function clearResult() {
  task++;
  shown = null;
  hideResult();
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

function letBrowserDraw() {
  return new Promise((resolve) => setTimeout(resolve));
}
