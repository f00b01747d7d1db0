"""Recordings are heard by blocks: the samples are those of the whole, which never stands in memory."""

import re

import numpy as np
import pytest
import soundfile

from ..small_export import RATE, speech
from .conftest import in_page
from .page_driver import SECONDS, heard, interpreted, score
from .test_page import read_in_page
from .test_recordings import FORMATS, LOSSLESS, decode, encode

MINUTES = 3
MOST = 2**23  # bytes at once; the model's samples of these minutes alone are 11 million

# How many bytes the page reads or makes room for at once, and what it says when.
WATCH = """() => {
  self.bytes = [];
  const { arrayBuffer } = Blob.prototype;
  Blob.prototype.arrayBuffer = function () {
    self.bytes.push(this.size);
    return arrayBuffer.call(this);
  };
  for (const kind of ["Float32Array", "Float64Array", "ArrayBuffer"]) {
    self[kind] = new Proxy(self[kind], {
      construct(target, given) {
        const made = new target(...given);
        if (typeof given[0] === "number") self.bytes.push(made.byteLength);
        return made;
      },
    });
  }
  BaseAudioContext.prototype.decodeAudioData = () => self.bytes.push(Infinity);
  self.said = [];
  const status = document.getElementById("status");
  new MutationObserver(() => self.said.push([performance.now(), status.textContent])).observe(status, {
    childList: true,
  });
}"""


@pytest.fixture(scope="module")
def long_recordings(tmp_path_factory):
    """The same stereo in files, by their endings."""
    folder, samples = tmp_path_factory.mktemp("long"), np.tile(speech(10.0, 44_100), 6 * MINUTES)
    channels = samples[:, None] * [1.0, 0.5]
    soundfile.write(folder / "long.wav", channels, 44_100, subtype="PCM_24")
    return {".wav": folder / "long.wav", ".m4a": encode(folder / "long.m4a", channels)}


@pytest.mark.parametrize("ending", [".wav", ".m4a"])
def test_a_long_recording_never_stands_in_memory_and_says_how_far_it_is(new_page, long_recordings, ending):
    page, path = new_page, long_recordings[ending]
    page.evaluate(WATCH)
    page.set_input_files("#recording-file", path)
    page.locator("#summary", has_text=f"{60 * MINUTES}.0 s, mean of").wait_for(timeout=4 * SECONDS * 1000)
    assert 0 < max(page.evaluate("self.bytes")) < MOST
    said = [(at, text) for at, text in page.evaluate("self.said") if text.startswith("Listening")]
    assert said[0][1] == f"Listening to {path.name} … 0 of {MINUTES} min"
    assert all(re.fullmatch(rf"Listening to \S+ … [0-3] of {MINUTES} min", text) for _, text in said)
    assert np.diff([at for at, _ in said]).min(initial=np.inf) > 1000


def test_another_recording_ends_the_one_at_work_at_once(new_page, model, long_recordings, tmp_path):
    path = tmp_path / "talk.wav"
    soundfile.write(path, speech(2.0), RATE, subtype="FLOAT")
    for ending in (".m4a", ".wav"):
        new_page.set_input_files("#recording-file", long_recordings[ending])
        new_page.locator("#status", has_text="Listening to long").wait_for()
        np.testing.assert_allclose(score(new_page, path), interpreted(model, speech(2.0)), atol=1e-5)
    assert "talk" not in new_page.inner_text("#error")
    assert new_page.locator("#error").is_hidden()


@pytest.mark.parametrize("ending", FORMATS)
def test_a_compressed_recording_starts_and_ends_where_its_sound_does(page, tmp_path, ending):
    """What encoders put before and behind it to fill their packets is not heard."""
    _, codec, rate = FORMATS[ending]
    whole = speech(3.0, rate)
    path = encode(tmp_path / f"talk{ending}", whole[:, None] * [1.0, 0.4])
    found = read_in_page(page, path)
    expected = 0.7 * whole if codec in LOSSLESS else decode(path)[0]
    assert found["rate"] == rate
    # AAC and Opus without an exact length end with their last packet
    assert 0 <= len(found["samples"]) - len(whole) <= (2_100 if ending in (".aac", ".webm") else 0)
    np.testing.assert_allclose(
        found["samples"][: len(whole)], expected[: len(whole)], atol=2e-3
    )  # two decoders of Opus


def test_a_long_wav_is_read_bit_for_bit(page, tmp_path):
    """Over many pieces of the file, with frames whose bytes fill none of them."""
    path, samples = tmp_path / "talk.wav", speech(8.0)[:, None] * [0.9, 0.5, -0.2, 0.1, 0.3]
    for subtype in ("PCM_24", "DOUBLE"):
        soundfile.write(path, samples, RATE, subtype=subtype)
        np.testing.assert_allclose(read_in_page(page, path)["samples"], heard(path), atol=1e-7)


@pytest.mark.parametrize("ending", [".ogg", ".opus", ".mp3", ".aac", ".flac"])
def test_compressed_files_that_were_joined_are_heard_to_the_end(page, tmp_path, ending):
    path = encode(tmp_path / f"talk{ending}", speech(3.0, FORMATS[ending][2])[:, None])
    once = len(read_in_page(page, path)["samples"])
    path.write_bytes(2 * path.read_bytes())
    assert len(read_in_page(page, path)["samples"]) > 1.9 * once


@pytest.mark.parametrize("ending", FORMATS)
def test_a_damaged_file_is_heard_in_part_or_refused_in_a_sentence(page, tmp_path, ending):
    path = encode(tmp_path / f"talk{ending}", speech(1.0, FORMATS[ending][2])[:, None])
    content, generator = path.read_bytes(), np.random.default_rng(0)
    half = len(content) // 2
    for damaged in (
        content[:half],
        content[:half] + generator.bytes(400) + content[half + 400 :],
        content[:100],
    ):
        path.write_bytes(damaged)
        found = read_in_page(page, path)
        assert (
            len(found["samples"])
            if "samples" in found
            else re.fullmatch(r"talk\.wav [^\n]+\.", found["sentence"])
        )


NO_DECODER = "() => { delete self.AudioDecoder; }"
WEBKIT = """() => {
  Object.defineProperty(navigator, "vendor", { value: "Apple Computer, Inc." });
  self.asked = 0;
  self.AudioDecoder = new Proxy(self.AudioDecoder, { get: (...given) => (self.asked++, Reflect.get(...given)) });
}"""


@pytest.mark.parametrize(
    ("ending", "browser_without"), [(".m4a", NO_DECODER), (".mp3", NO_DECODER), (".m4a", WEBKIT)]
)
def test_a_browser_that_decodes_no_packets_decodes_the_whole(new_page, tmp_path, ending, browser_without):
    path = encode(tmp_path / f"talk{ending}", speech(2.0, FORMATS[ending][2])[:, None])
    expected = read_in_page(new_page, path)
    new_page.evaluate(browser_without)
    found = read_in_page(new_page, path)
    assert found["rate"] == expected["rate"]
    np.testing.assert_allclose(found["samples"], expected["samples"], atol=1e-6)
    assert not new_page.evaluate("self.asked")


def test_a_fault_behind_the_start_of_a_compressed_file_is_read_over_whole(new_page, tmp_path):
    """Whatever was heard by then, all of it is heard again by the other decoder, once."""
    path = encode(tmp_path / "talk.m4a", speech(3.0, 44_100)[:, None])
    expected = read_in_page(new_page, path)["samples"]
    new_page.evaluate(
        "() => {"
        "  const { copyTo } = AudioData.prototype;"
        "  let count = 0;"
        "  AudioData.prototype.copyTo = function (...given) {"
        "    if ((self.damaged = ++count > 100)) throw new Error('damage');"
        "    return copyTo.apply(this, given);"
        "  };"
        "}"
    )
    np.testing.assert_allclose(read_in_page(new_page, path)["samples"], expected, atol=1e-6)
    assert new_page.evaluate("self.damaged")


def test_the_outline_of_a_long_sound_is_that_of_its_samples(page):
    length, columns = 300_000, 50
    found = in_page(
        page,
        "const { Envelope } = await import('/src/envelope.js');"
        "const samples = Float32Array.from({ length: argument[0] }, (_, n) => Math.sin(n ** 1.5) * n);"
        "const envelope = new Envelope();"
        "for (let at = 0; at < samples.length; at += 777) envelope.push(samples.subarray(at, at + 777));"
        "const width = argument[0] / argument[1];"
        "return Array.from({ length: argument[1] }, (_, column) => {"
        "  const { low, high } = envelope.between(column * width, (column + 1) * width);"
        "  return [low, high];"
        "});",
        [length, columns],
    )
    n = np.arange(length, dtype=float)
    expected = (np.sin(n**1.5) * n).astype("float32").reshape(columns, -1)
    np.testing.assert_allclose(found, np.stack([expected.min(1), expected.max(1)], 1), rtol=1e-3)


def test_the_log_mel_of_a_long_sound_has_every_second_frame(page):
    audio = {"n_fft": 1024, "hop_length": 512, "n_mels": 32, "top_db": 80}
    images = in_page(
        page,
        "const { LogMel } = await import('/src/log_mel.js');"
        "const samples = Float32Array.from(argument[0]);"
        "return [[1, 60], [4, 1000]].map(([wider, most]) => {"
        "  const logMel = new LogMel({ ...argument[1], hop_length: wider * argument[1].hop_length }, 16000, most);"
        "  for (let at = 0; at < samples.length; at += 777) logMel.push(samples.subarray(at, at + 777));"
        "  return Array.from(logMel.image().values);"
        "});",
        [(speech(6.0) + np.float32(0.01)).tolist(), audio],
    )
    np.testing.assert_allclose(*images, atol=1e-6)


def test_the_demuxer_comes_with_its_licence(site):
    head = (site[1] / "mediabunny" / "mediabunny.js").read_text("utf-8")[:400]
    assert head.startswith("/*!")
    assert "Mozilla Public" in head
