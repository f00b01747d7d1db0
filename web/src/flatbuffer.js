/** The constants of a TFLite flatbuffer. A RangeError or TypeError means that it is damaged. */

const FLOAT32 = 0; // of TensorType
const FLOAT16 = 1;
const MOST_TENSORS = 20000; // a speech student has 205, one of statistics 284

/**
 * @param {ArrayBuffer} content of a flatbuffer.
 * @returns {{shape: number[], values: Float32Array | null}[]} of each tensor of the main graph its shape and, if it is a
 *   constant in floating point, its values.
 *
 * Source: TensorFlow Lite's schema.fbs, and "FlatBuffer Internals" for the layout.
 */
export function constantsOf(content) {
  const view = new DataView(content);
  const model = view.getUint32(0, true);
  const buffers = tables(view, model, 4);
  const [graph] = tables(view, model, 2);
  return tables(view, graph, 0).map((tensor) => {
    const shape = vector(view, tensor, 0);
    const lengths = Array.from({ length: shape.length }, (_, axis) => view.getInt32(shape.start + 4 * axis, true));
    const kind = place(view, tensor, 1);
    const number = place(view, tensor, 2);
    const data = values(view, buffers[number ? view.getUint32(number, true) : 0]);
    return { shape: lengths, values: floats(view, data, kind ? view.getInt8(kind) : FLOAT32) };
  });
}

/** Where a buffer's bytes are: in it, or, as the quantiser puts some, behind the flatbuffer, at an offset of the file. */
function values(view, buffer) {
  const [offset, size] = [1, 2].map((field) => place(view, buffer, field)).map((at) => (at ? Number(view.getBigUint64(at, true)) : 0));
  return offset > 1 ? { start: offset, length: size } : vector(view, buffer, 0);
}

/** Where a field of a table is; 0 if it is absent. */
function place(view, table, field) {
  const layout = table - view.getInt32(table, true);
  const offset = 4 + 2 * field < view.getUint16(layout, true) ? view.getUint16(layout + 4 + 2 * field, true) : 0;
  return offset && table + offset;
}

function vector(view, table, field) {
  const at = place(view, table, field);
  if (!at) return { start: 0, length: 0 };
  const start = at + view.getUint32(at, true);
  return { start: start + 4, length: view.getUint32(start, true) };
}

function tables(view, table, field) {
  const { start, length } = vector(view, table, field);
  if (length > MOST_TENSORS) throw new RangeError(`${length} tables`);
  return Array.from({ length }, (_, index) => start + 4 * index + view.getUint32(start + 4 * index, true));
}

function floats(view, { start, length }, kind) {
  if (!length || (kind !== FLOAT32 && kind !== FLOAT16)) return null;
  const bytes = view.buffer.slice(start, start + length); // which may lie at any address
  if (bytes.byteLength < length) throw new RangeError("a constant beyond the end");
  return kind === FLOAT32 ? new Float32Array(bytes) : Float32Array.from(new Uint16Array(bytes), half);
}

/** Source: IEEE 754, binary16. */
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}
