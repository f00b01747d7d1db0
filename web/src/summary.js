/** What the windows of a recording say together. */

/**
 * @param {{name: string, seconds: number, windows: object[]}} recording with one window at least.
 * @param {{classNames: string[]}} student
 * @returns {{name: string, seconds: number, windows: number, silent: number, mean: number[], label: string}} mean
 *     probabilities in the order of the classes, and the class of the largest.
 */
export function summary({ name, seconds, windows }, { classNames }) {
  const mean = classNames.map(
    (_, index) => windows.reduce((sum, { probabilities }) => sum + probabilities[index], 0) / windows.length,
  );
  return {
    name,
    seconds,
    windows: windows.length,
    silent: windows.filter((window) => window.silent).length,
    mean,
    label: classNames[mean.indexOf(Math.max(...mean))],
  };
}
