/** In-place radix-2 transform of complex numbers. Source: Cooley and Tukey, 1965. */
export function fastFourier(size) {
  const cosine = Float64Array.from({ length: size / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / size));
  const sine = Float64Array.from({ length: size / 2 }, (_, k) => -Math.sin((2 * Math.PI * k) / size));
  const reversed = new Uint32Array(size);
  for (let n = 1; n < size; n++) reversed[n] = (reversed[n >> 1] >> 1) | (n & 1 ? size >> 1 : 0);
  return (real, imaginary) => {
    for (let n = 0; n < size; n++) {
      const m = reversed[n];
      if (m <= n) continue;
      [real[n], real[m]] = [real[m], real[n]];
      [imaginary[n], imaginary[m]] = [imaginary[m], imaginary[n]];
    }
    for (let half = 1; half < size; half *= 2) {
      const step = size / (2 * half);
      for (let start = 0; start < size; start += 2 * half) {
        for (let k = 0; k < half; k++) {
          const a = start + k;
          const b = a + half;
          const re = real[b] * cosine[k * step] - imaginary[b] * sine[k * step];
          const im = real[b] * sine[k * step] + imaginary[b] * cosine[k * step];
          real[b] = real[a] - re;
          imaginary[b] = imaginary[a] - im;
          real[a] += re;
          imaginary[a] += im;
        }
      }
    }
  };
}
