/** What the page shows of the microphone while it is on: level, the window that was heard last, those before it. */

import { bars, create, element, ranking, seconds, span } from "./elements.js";

const QUIETEST = -60; // dB of full scale, where the meter begins
const HISTORY = 8; // windows in the list; all of them are in the result's table

export function showLive(live) {
  element("live").hidden = false;
  const level = live.paused ? -Infinity : live.level;
  element("level").value = Math.max(level, QUIETEST);
  element("level-text").textContent = live.paused ? "paused" : inWords(level);
  const { seconds: heard, of } = live.filling;
  element("filling").value = Math.min(1, Math.max(0, heard / of));
  element("filling-text").textContent = `${Math.min(of, Math.max(0, heard)).toFixed(1)} of ${seconds(of)}`;
}

/** After each new window, and with none at the start. */
export function showWindows({ listening: { windows, student } }) {
  const current = windows.at(-1);
  element("current").textContent = current
    ? `${span(current)}${current.silent ? ", silent: the numbers mean nothing" : ""}`
    : `The first comes after ${seconds(student.window / student.rate)}.`;
  element("current-bars").replaceChildren(...(current ? bars(student.classNames, current.probabilities) : []));
  const before = windows.slice(0, -1);
  const history = element("history");
  history.start = before.length;
  history.replaceChildren(
    ...before
      .slice(-HISTORY)
      .reverse()
      .map((window) => create("li", described(window, student.classNames))),
  );
}

export function hideLive() {
  element("live").hidden = true;
}

function inWords(level) {
  return level > QUIETEST ? `${level.toFixed(0).replace("-", "−")} dB` : "silent";
}

function described(window, classNames) {
  return `${span(window)}: ${window.silent ? "silent" : ranking(classNames, window.probabilities)}`;
}
