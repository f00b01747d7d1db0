/** Whether a model computes the log-mel that its `model.json` describes; as stressid_keras/runtime/front_end.py. */

import { melFilters } from "./log_mel.js";

const TOLERANCE = 1e-3; // of the largest weight: what float16 keeps

/**
 * @param {{shape: number[], values: Float32Array | null}[]} tensors of the model.
 * @param {object} description of `model.json`, each number in its range.
 * @returns {string | null} how the two differ, as the end of a sentence; null if they agree.
 */
export function frontEndFault(tensors, { sample_rate: rate, window_samples: samples, front_end: frontEnd }) {
  const { n_fft: size, hop_length: hop, n_mels: bands, top_db: range, fmin, fmax } = frontEnd;
  if (!hasFilterbank(tensors, rate, size, bands)) {
    return `describes a filterbank of ${bands} mel bands of ${size} samples at ${rate} Hz, which its model does not have`;
  }
  if ((fmin ?? 0) !== 0 || (fmax ?? rate / 2) !== rate / 2) return "names other frequencies than its model's";
  const hann = Float32Array.from({ length: size }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / size));
  const constants = tensors.filter(({ values }) => values);
  const frames = Math.floor(samples / hop) + 1;
  const shapes = new Set(tensors.map(({ shape }) => `${shape}`));
  const agrees =
    constants.some(({ shape, values }) => `${shape}` === `${size}` && near(values, hann, 1)) &&
    shapes.has(`1,${frames},${size}`) &&
    shapes.has(`1,${frames + size / hop - 1},${hop}`) &&
    [range, 1 / range].every((wanted) =>
      constants.some(({ values }) => values.length === 1 && Math.abs(values[0] / wanted - 1) < TOLERANCE),
    );
  return agrees ? null : "describes another log-mel than its model computes";
}

/** Whether constants are the filterbank, in blocks of bands without the frequencies that none of them uses. */
function hasFilterbank(tensors, rate, size, bands) {
  const columns = Math.floor(size / 2) + 1;
  const filters = melFilters(rate, size, bands, 0, rate / 2).map(({ first, weights }) => {
    const filter = new Float32Array(columns);
    filter.set(weights, first);
    return filter;
  });
  const matrices = tensors.filter(({ shape, values }) => values && shape.length === 2).flatMap(bothWays);
  let done = 0;
  while (done < bands) {
    const found = matrices.find(
      (matrix) => done + matrix.rows <= bands && isBlock(matrix, filters.slice(done, done + matrix.rows), columns),
    );
    if (!found) return false;
    done += found.rows;
  }
  return true;
}

/** A matrix as it is and transposed: converters store either. */
function bothWays({ shape: [rows, columns], values }) {
  return [
    { rows, columns, at: (row, column) => values[row * columns + column] },
    { rows: columns, columns: rows, at: (row, column) => values[column * rows + row] },
  ];
}

/** At the first frequency that the block uses or a neighbour of it, which rounding decides; or whole. */
function isBlock(matrix, block, columns) {
  const used = block.map((filter) => filter.findIndex((weight) => weight > 0)).filter((index) => index >= 0);
  const first = used.length ? Math.min(...used) : 0;
  const largest = Math.max(...block.map((filter) => Math.max(...filter)));
  return [0, first - 1, first, first + 1].some((start) => {
    if (start < 0 || start + matrix.columns > columns) return false;
    return block.every((filter, row) =>
      filter.every((weight, column) => {
        const inside = column >= start && column < start + matrix.columns;
        return Math.abs(weight - (inside ? matrix.at(row, column - start) : 0)) <= TOLERANCE * largest;
      }),
    );
  });
}

function near(found, expected, largest) {
  return found.length === expected.length && found.every((v, n) => Math.abs(v - expected[n]) <= TOLERANCE * largest);
}
