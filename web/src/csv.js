/** Results as tables for other programs: numbers whole, times in seconds, text as RFC 4180 has it. */

const TAKEN_MS = 10_000; // within which a browser has taken a file that it was given

/**
 * A line a window.
 *
 * @param {{name: string, windows: object[]}} recording as `Student.score` gives its windows.
 * @param {string[]} classNames
 */
export function windowTable({ name, windows }, classNames) {
  return table([
    ["file", "start", "end", "silent", ...classNames],
    ...windows.map(({ start, end, silent, probabilities }) => [name, start, end, silent, ...probabilities]),
  ]);
}

/**
 * A line a recording, those too that could not be scored.
 *
 * @param {object[]} results as `summary` of summary.js gives them, or {name, fault}.
 * @param {string[]} classNames
 */
export function recordingTable(results, classNames) {
  return table([
    ["file", "seconds", "windows", "silent", "label", ...classNames, "fault"],
    ...results.map(({ name, seconds, windows, silent, label, mean, fault }) =>
      fault === undefined
        ? [name, seconds, windows, silent, label, ...mean, ""]
        : [name, "", "", "", "", ...classNames.map(() => ""), fault],
    ),
  ]);
}

/** Hand a text to the browser as a file to keep; it is made here and fetched from nowhere. */
export function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), TAKEN_MS);
}

function table(rows) {
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

function cell(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
