/** Three pictures over one time axis. Lengths are CSS pixels; colours are the style sheet's. */

const LEFT = 44; // for the labels of the vertical axis
const RIGHT = 12; // for half of the last label of the time axis
const TOP = 6;
const BOTTOM = 22; // for the labels of the time axis
const QUIETEST = 1e-3; // of full scale: below it a waveform looks as quiet as it is
const FONT = "12px system-ui, sans-serif";
const PIXELS_PER_LABEL = 70; // of the time axis, at least
const PIXELS_PER_DOT = 10; // where windows lie closer, the line alone is drawn
const DOT_RADIUS = 3;
const CLASS_COLOURS = 6; // --class-0 … of the style sheet, then from the first again
export const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]]; // classes differ by more than their colour

// Cividis at five places: even in lightness, and the same to the colour-blind.
// Source: Nuñez, Anderton, Renslow, PLOS ONE 13(7), 2018.
const COLOUR_MAP = [
  [0, 34, 78],
  [65, 77, 107],
  [124, 123, 120],
  [188, 175, 111],
  [254, 232, 56],
];

/** The custom property that holds the colour of a class. */
export function classColour(index) {
  return `--class-${index % CLASS_COLOURS}`;
}

/** @param {HTMLCanvasElement} canvas, @param {Envelope} envelope of a sound, @param {number} seconds of it. */
export function drawWaveform(canvas, envelope, seconds) {
  const { context, width, height } = prepare(canvas);
  const middle = TOP + height / 2;
  drawTimeAxis(canvas, context, width, height, seconds);
  const { length } = envelope;
  const whole = envelope.between(0, length);
  const limit = niceStep(Math.max(QUIETEST, -whole.low, whole.high));
  label(canvas, context, `${limit}`, TOP + 5);
  label(canvas, context, "0", middle);
  label(canvas, context, `−${limit}`, TOP + height - 5);
  context.fillStyle = colour(canvas, "--accent");
  const columns = Math.max(1, Math.floor(width));
  for (let column = 0; column < columns; column++) {
    const start = Math.floor((column * length) / columns);
    const { low, high } = envelope.between(start, Math.max(start + 1, Math.floor(((column + 1) * length) / columns)));
    const top = middle - (high / limit) * (height / 2);
    const bottom = middle - (low / limit) * (height / 2);
    context.fillRect(LEFT + column, top, 1, Math.max(1, bottom - top));
  }
}

/** @param {{values: Float32Array, frames: number, bands: number}} image as `LogMel` gives it. */
export function drawLogMel(canvas, { values, frames, bands }, seconds) {
  const { context, width, height } = prepare(canvas);
  const image = new ImageData(frames, bands);
  for (let frame = 0; frame < frames; frame++) {
    for (let band = 0; band < bands; band++) {
      image.data.set(mapColour(values[frame * bands + band]), 4 * ((bands - 1 - band) * frames + frame));
    }
  }
  const picture = new OffscreenCanvas(frames, bands);
  picture.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingQuality = "high"; // a long recording is drawn much smaller than it is
  context.drawImage(picture, LEFT, TOP, width, height);
  drawTimeAxis(canvas, context, width, height, seconds);
  label(canvas, context, `${bands}`, TOP + 6);
  label(canvas, context, "1", TOP + height - 6);
}

/**
 * @param {{start: number, end: number, probabilities: Float32Array}[]} windows times in seconds; a value stands at
 *     the middle of its window, that of a single window along all of it.
 */
export function drawProbabilities(canvas, windows, classCount, seconds) {
  const { context, width, height } = prepare(canvas);
  const x = (time) => LEFT + (Math.min(time, seconds) / seconds) * width;
  const y = (probability) => TOP + (1 - probability) * height;
  context.strokeStyle = colour(canvas, "--grid");
  for (const probability of [0, 0.25, 0.5, 0.75, 1]) line(context, LEFT, y(probability), LEFT + width);
  for (const probability of [0, 0.5, 1]) label(canvas, context, `${probability * 100} %`, y(probability));
  drawTimeAxis(canvas, context, width, height, seconds);
  for (let index = 0; index < classCount; index++) {
    context.strokeStyle = context.fillStyle = colour(canvas, classColour(index));
    context.lineWidth = 2;
    context.setLineDash(DASHES[index % DASHES.length]);
    const points = windows.map(({ start, end, probabilities }) => ({
      from: x(start),
      middle: x((start + Math.min(end, seconds)) / 2),
      to: x(end),
      at: y(probabilities[index]),
    }));
    context.beginPath();
    if (points.length === 1) context.lineTo(points[0].from, points[0].at);
    for (const { middle, at } of points) context.lineTo(middle, at);
    if (points.length === 1) context.lineTo(points[0].to, points[0].at);
    context.stroke();
    context.setLineDash([]);
    if (points.length > width / PIXELS_PER_DOT) continue;
    for (const { middle, at } of points) {
      context.beginPath();
      context.arc(middle, at, DOT_RADIUS, 0, 2 * Math.PI);
      context.fill();
    }
  }
}

function prepare(canvas) {
  const ratio = self.devicePixelRatio || 1;
  const { clientWidth, clientHeight } = canvas;
  canvas.width = Math.round(clientWidth * ratio);
  canvas.height = Math.round(clientHeight * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.font = FONT;
  return {
    context,
    width: Math.max(1, clientWidth - LEFT - RIGHT),
    height: Math.max(1, clientHeight - TOP - BOTTOM),
  };
}

function drawTimeAxis(canvas, context, width, height, seconds) {
  const step = niceStep((seconds * PIXELS_PER_LABEL) / width);
  context.textAlign = "center";
  context.textBaseline = "top";
  context.fillStyle = colour(canvas, "--soft");
  context.strokeStyle = colour(canvas, "--line");
  context.lineWidth = 1;
  line(context, LEFT, TOP + height + 0.5, LEFT + width);
  for (let tick = 0; tick * step <= seconds; tick++) {
    const at = LEFT + ((tick * step) / seconds) * width;
    context.fillRect(at, TOP + height, 1, 4);
    context.fillText(`${Number((tick * step).toFixed(3))} s`, at, TOP + height + 7);
  }
}

/** The smallest of 1, 2, 5 times a power of ten that is at least `least`. */
function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((factor) => factor * power >= least * 0.999);
  return Number((factor * power).toPrecision(1));
}

function label(canvas, context, text, at) {
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.fillStyle = colour(canvas, "--soft");
  context.fillText(text, LEFT - 6, at);
}

function line(context, left, at, right) {
  context.beginPath();
  context.moveTo(left, at);
  context.lineTo(right, at);
  context.stroke();
}

function mapColour(value) {
  const place = Math.min(Math.max(value, 0), 1) * (COLOUR_MAP.length - 1);
  const below = Math.min(Math.floor(place), COLOUR_MAP.length - 2);
  const [from, to] = [COLOUR_MAP[below], COLOUR_MAP[below + 1]];
  return [...from.map((part, channel) => part + (to[channel] - part) * (place - below)), 255];
}

function colour(element, name) {
  return getComputedStyle(element).getPropertyValue(name).trim();
}
