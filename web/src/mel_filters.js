/** The bands of a log-mel spectrogram. Source: Slaney, "Auditory Toolbox", 1998. */

const HERTZ_PER_MEL = 200 / 3; // of the linear part
const LOG_START = 1000; // Hz, where the logarithmic part begins
const LOG_STEP = Math.log(6.4) / 27; // natural logarithm of the ratio of two frequencies one mel apart

/** Triangles of equal area, of each the first frequency and the weights that are not zero. */
export function melFilters(rate, size, bands, lowest, highest) {
  const edges = Array.from({ length: bands + 2 }, (_, index) =>
    hertz(mel(lowest) + ((mel(highest) - mel(lowest)) * index) / (bands + 1)),
  );
  return Array.from({ length: bands }, (_, band) => {
    const [low, peak, high] = edges.slice(band, band + 3);
    const first = Math.max(0, Math.ceil((low * size) / rate));
    const last = Math.min(size / 2, Math.floor((high * size) / rate));
    const weights = [];
    for (let bin = first; bin <= last; bin++) {
      const frequency = (bin * rate) / size;
      const height = Math.min((frequency - low) / (peak - low), (high - frequency) / (high - peak));
      weights.push((Math.max(0, height) * 2) / (high - low));
    }
    return { first, weights };
  });
}

function mel(frequency) {
  return frequency < LOG_START
    ? frequency / HERTZ_PER_MEL
    : LOG_START / HERTZ_PER_MEL + Math.log(frequency / LOG_START) / LOG_STEP;
}

function hertz(position) {
  const start = LOG_START / HERTZ_PER_MEL;
  return position < start ? HERTZ_PER_MEL * position : LOG_START * Math.exp(LOG_STEP * (position - start));
}
