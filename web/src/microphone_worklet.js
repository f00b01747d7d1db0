/** Runs beside the audio device: hands the samples of the first channel to the page in blocks. */

const BLOCK = 2048; // samples a message: some 20 a second

class MicrophoneTap extends AudioWorkletProcessor {
  #block = new Float32Array(BLOCK);
  #filled = 0;
  #listening = true;

  constructor() {
    super();
    this.port.onmessage = () => (this.#listening = false); // the page says that it has heard enough
  }

  process([input]) {
    const channel = input[0]; // absent while nothing is connected
    for (const sample of channel ?? []) {
      this.#block[this.#filled++] = sample;
      if (this.#filled === BLOCK) {
        this.port.postMessage(this.#block);
        this.#filled = 0;
      }
    }
    return this.#listening;
  }
}

registerProcessor("microphone-tap", MicrophoneTap);
