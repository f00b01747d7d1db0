/** The microphone as a stream of samples at the model's rate. */

import { UserError } from "./errors.js";
import { Resampler } from "./resample.js";

// As the recording was made: a voice processed for telephony is not what the student was trained on.
const UNPROCESSED = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };

export class Microphone {
  /** Load what listening needs, so that nothing is fetched later; the microphone itself stays untouched. */
  static async prepare() {
    const microphone = new Microphone();
    if (isSecureContext) {
      // It sleeps until `listen`, and wants no loudspeaker where the browser knows of that option.
      microphone.context = new AudioContext({ sinkId: { type: "none" } });
      await microphone.context.audioWorklet.addModule(new URL("microphone_worklet.js", import.meta.url));
    }
    return microphone;
  }

  /**
   * @param {number} rate of the samples wanted, Hz.
   * @param {(samples: Float32Array) => void} onSamples called some 20 times a second.
   * @returns {Promise<{mute: (on: boolean) => void, close: () => Promise<void>}>} muted, the device gives silence.
   * @throws {UserError} there is no microphone, or its use is not allowed.
   */
  async listen(rate, onSamples) {
    const { context } = this;
    if (!context) {
      throw new UserError("The microphone needs a page served over https or from localhost; choose a file instead.");
    }
    const awake = context.resume(); // before the first await: browsers want it in answer to a press
    const stream = await navigator.mediaDevices.getUserMedia({ audio: UNPROCESSED }).catch(explain);
    await awake;
    const source = context.createMediaStreamSource(stream);
    const tap = new AudioWorkletNode(context, "microphone-tap", { numberOfOutputs: 0 });
    const resampler = new Resampler(context.sampleRate, rate);
    tap.port.onmessage = ({ data }) => onSamples(resampler.push(data));
    source.connect(tap);
    const tracks = stream.getTracks();
    return {
      mute(on) {
        for (const track of tracks) track.enabled = !on;
      },
      async close() {
        tap.port.onmessage = null;
        tap.port.postMessage("end");
        source.disconnect();
        for (const track of tracks) track.stop();
        await context.suspend();
      },
    };
  }
}

function explain(error) {
  if (error.name === "NotAllowedError") {
    throw new UserError("The browser does not allow the microphone; allow it in the address bar or choose a file.");
  }
  if (error.name === "NotFoundError") {
    throw new UserError("No microphone was found; connect one or choose a file.");
  }
  throw new UserError(`The microphone cannot be used (${error.message}); choose a file instead.`);
}
