/** Whether a model computes the front end that its `model.json` describes; as stressid_keras/runtime/front_end.py. */

import { melFilters } from "./mel_filters.js";

const TOLERANCE = 1e-3; // of the largest weight: what float16 keeps

/**
 * @param {{shape: number[], values: Float32Array | null}[]} tensors of the model.
 * @param {object} description of `model.json`, each number in its range.
 * @returns {string | null} how the two differ, as the end of a sentence; null if they agree.
 */
export function frontEndFault(tensors, { sample_rate: rate, window_samples: samples, front_end: frontEnd }) {
  const { kind, n_fft: size, hop_length: hop, n_mels: bands, fmin, fmax } = frontEnd;
  const { filterbank, hops, scales, name } = kind === "speech" ? speechTraces(frontEnd) : logMelTraces(frontEnd);
  if (!hasFilters(tensors, filterbank(rate, size, bands))) {
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
    shapes.has(`1,${frames + hops},${hop}`) &&
    scales.every((wanted) =>
      constants.some(({ values }) => values.length === 1 && Math.abs(values[0] / wanted - 1) < TOLERANCE),
    );
  return agrees ? null : `describes ${name} than its model computes`;
}

/** What a front end leaves in a graph: its filters, the hops beyond its frames, and the numbers that scale. */
function logMelTraces({ n_fft: size, hop_length: hop, top_db: range }) {
  return { filterbank: filtersOf, hops: size / hop - 1, scales: [range, 1 / range], name: "another log-mel" };
}

function speechTraces({ n_fft: size, hop_length: hop, level }) {
  const filterbank = (...numbers) => inSpectrumOrder(filtersOf(...numbers), size);
  return { filterbank, hops: Math.ceil(size / hop), scales: [10 ** (level / 20)], name: "another speech front end" };
}

function filtersOf(rate, size, bands) {
  return melFilters(rate, size, bands, 0, rate / 2).map(({ first, weights }) => {
    const filter = new Float32Array(Math.floor(size / 2) + 1);
    filter.set(weights, first);
    return filter;
  });
}

/** Filters for the bins of a Fourier transform in two stages; as stressid_keras/media/spectrum_order.py. */
function inSpectrumOrder(filters, size) {
  let first = Math.floor(Math.sqrt(size));
  while (size % first) first--;
  const [rows, columns] = [size / first, Math.floor(first / 2) + 1];
  const bins = Array.from({ length: rows * columns }, (_, bin) => Math.floor(bin / rows) + first * (bin % rows));
  const isRepeated = (bin) => bin > size / 2 && (size - bin) % first < columns;
  return filters.map((filter) =>
    Float32Array.from(bins, (bin) => (isRepeated(bin) ? 0 : filter[Math.min(bin, size - bin)])),
  );
}

/** Whether constants are the filterbank, in blocks of bands without the frequencies that none of them uses. */
function hasFilters(tensors, filters) {
  const [bands, columns] = [filters.length, filters[0].length];
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
