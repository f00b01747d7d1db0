/** Small pieces of the page that several views are made of. */

import { classColour } from "./charts.js";

export const element = (id) => document.getElementById(id);
export const percent = (probability) => `${(100 * probability).toFixed(1)} %`;
export const seconds = (time) => `${time.toFixed(1)} s`;
export const span = ({ start, end }) => `${start.toFixed(1)}–${end.toFixed(1)} s`;

export function create(tag, ...content) {
  const node = document.createElement(tag);
  node.append(...content);
  return node;
}

/** A number rounded for the eye, whole for a program. */
export function number(value) {
  const data = create("data", percent(value));
  data.value = String(value);
  return data;
}

/** A row of a table, of cells {content, scope}; those with a scope are headings. */
export function row(cells) {
  return create(
    "tr",
    ...cells.map(({ content, scope, columns = 1 }) => {
      const cell = create(scope ? "th" : "td", content);
      if (scope) cell.scope = scope;
      if (columns > 1) cell.colSpan = columns;
      return cell;
    }),
  );
}

/** @returns {HTMLLIElement[]} a bar for each class. */
export function bars(classNames, probabilities) {
  return classNames.map((name, index) => {
    const fill = create("div");
    fill.className = "fill";
    fill.style.width = percent(probabilities[index]).replace(" ", "");
    fill.style.background = `var(${classColour(index)})`;
    const track = create("div", fill);
    track.className = "track";
    track.ariaHidden = "true";
    return create("li", create("span", name), track, number(probabilities[index]));
  });
}

/** The probabilities in words, the largest first. */
export function ranking(classNames, probabilities) {
  const ranked = classNames.map((text, index) => ({ text, probability: probabilities[index] }));
  ranked.sort((a, b) => b.probability - a.probability);
  return ranked.map(({ text, probability }) => `${text} ${percent(probability)}`).join(", ");
}
