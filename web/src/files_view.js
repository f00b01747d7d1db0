/** The table of several recordings. */

import { create, element, number, row, seconds } from "./elements.js";

/**
 * @param {object[]} results as `summary` gives them, or {name, fault} of those that could not be scored.
 * @param {string[]} classNames
 * @param {(index: number) => void} choose called with the place of the recording whose name was pressed.
 */
export function showFiles(results, classNames, choose) {
  element("files").hidden = false;
  element("files-head").replaceChildren(
    row(["Recording", "Length", ...classNames].map((content) => ({ content, scope: "col" }))),
  );
  const added = results.slice(element("files-body").rows.length); // the others stay, and with them the focus
  const first = results.length - added.length;
  element("files-body").append(...added.map((result, place) => line(result, classNames, () => choose(first + place))));
}

export function hideFiles() {
  element("files").hidden = true;
  element("files-body").replaceChildren();
}

function line(result, classNames, choose) {
  if (result.fault !== undefined) {
    const sentence = create("span", result.fault);
    sentence.className = "fault";
    return row([
      { content: result.name, scope: "row" },
      { content: sentence, columns: 1 + classNames.length },
    ]);
  }
  const button = create("button", result.name);
  button.type = "button";
  button.className = "link";
  button.addEventListener("click", choose);
  const silent = result.silent ? `, ${result.silent} of ${result.windows} windows silent` : "";
  return row([
    { content: button, scope: "row" },
    { content: `${seconds(result.seconds)}${silent}` },
    ...result.mean.map((value) => ({ content: number(value) })),
  ]);
}
