"""Recordings in the formats that people have, and several at once."""

import base64

import av
import numpy as np
import pytest
import soundfile
import soxr

from ..small_export import CLASS_NAMES, RATE, speech
from .conftest import base64_of, in_page, with_metadata
from .page_driver import downloaded, interpreted, score, shown

# file's ending → its container, codec and samples a second; the codecs of LOSSLESS keep them
FORMATS = {
    ".m4a": ("ipod", "aac", 44_100),
    ".mp4": ("mp4", "aac", 48_000),  # with a picture
    ".aac": ("adts", "aac", 22_050),
    ".webm": ("webm", "libopus", 48_000),
    ".opus": ("ogg", "libopus", 48_000),
    ".mp3": ("mp3", "libmp3lame", 24_000),
    ".flac": ("flac", "flac", 96_000),
    ".oga": ("ogg", "flac", 32_000),
    ".mka": ("matroska", "flac", 11_025),
    ".ogg": ("ogg", None, 8_000),  # Vorbis, by soundfile
}
LOSSLESS = ("flac",)


def encode(path, samples):
    """Samples (n, channels) into the format that the path's ending names."""
    container, codec, rate = FORMATS[path.suffix]
    if codec is None:
        soundfile.write(path, samples, rate, format="OGG", subtype="VORBIS")
        return path
    layout = "stereo" if samples.shape[1] == 2 else "mono"
    with av.open(str(path), "w", format=container) as file:
        film = file.add_stream("mpeg4", rate=5) if path.suffix == ".mp4" else None
        stream = file.add_stream(codec, rate=rate, layout=layout)
        sound = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T, "float32"), "fltp", layout)
        sound.sample_rate = rate
        resampler = av.AudioResampler(stream.format.name, layout, rate, frame_size=stream.frame_size or 1024)
        if film:
            film.width = film.height = 32
            picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), "uint8"))
            file.mux(film.encode(picture) + film.encode(None))
        done = 0
        for frame in [*resampler.resample(sound), *resampler.resample(None)]:
            frame.pts, done = done, done + frame.samples
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def decode(path):
    """The mean of the channels (n,) float32 and the rate, by another decoder than the browser's."""
    with av.open(str(path)) as file:
        frames = list(file.decode(audio=0))
        to_float = av.AudioResampler("fltp")
        parts = [part.to_ndarray() for frame in frames for part in to_float.resample(frame)]
        return np.concatenate(parts, axis=1).mean(axis=0), frames[0].sample_rate


@pytest.mark.parametrize("ending", FORMATS)
def test_a_compressed_recording_gives_the_numbers_of_its_sound(page, model, tmp_path, ending):
    """At its own rate, which the browser's decoder alone would not keep."""
    _, codec, rate = FORMATS[ending]
    whole = speech(3.0, rate)
    path = encode(tmp_path / f"talk{ending}", whole[:, None] * [1.0, 0.4])
    decoded, found = (0.7 * whole, rate) if codec in LOSSLESS else decode(path)
    assert found == rate
    expected = interpreted(model, soxr.resample(decoded, rate, RATE, "HQ"))[
        :2
    ]  # some codecs add a little behind
    np.testing.assert_allclose(score(page, path)[:2], expected, atol=2e-3)  # two resamplers, as with WAV
    assert sample_rate(page, path) == rate
    assert ("higher half" in page.inner_text("#status")) == (rate < RATE)


def sample_rate(page, path):
    return in_page(
        page,
        "const { soundRate } = await import('/src/sound_rate.js');"
        "return soundRate(Uint8Array.from(atob(argument), (letter) => letter.charCodeAt(0)).buffer);",
        base64_of(path),
    )


def test_a_head_that_is_cut_or_of_another_format_names_no_rate(page, tmp_path):
    """And is read without a fault at every length."""
    for ending in (".m4a", ".webm", ".opus", ".mp3", ".flac"):
        content = encode(tmp_path / f"talk{ending}", speech(0.3, FORMATS[ending][2])[:, None]).read_bytes()
        found = in_page(
            page,
            "const { soundRate } = await import('/src/sound_rate.js');"
            "const bytes = Uint8Array.from(atob(argument), (letter) => letter.charCodeAt(0));"
            "return Array.from({ length: 400 }, (_, size) => soundRate(bytes.slice(0, size).buffer));",
            base64.b64encode(content).decode(),
        )
        assert set(found) <= {None, FORMATS[ending][2]}, ending


def test_channels_that_cancel_each_other_are_said_and_one_can_be_chosen(new_page, model, tmp_path):
    page, waveform = new_page, speech(2.0)
    for path in (tmp_path / "talk.flac", tmp_path / "talk.wav"):
        soundfile.write(path, waveform[:, None] * [0.5, -0.5], RATE)
        page.select_option("#channel", "")
        page.set_input_files("#recording-file", path)
        page.locator("#error", has_text=f"{path.name} has channels that cancel each other").wait_for()
        page.select_option("#channel", "1")
        page.locator("#summary", has_text=path.name).wait_for()
        np.testing.assert_allclose(shown(page), interpreted(model, -0.5 * waveform), atol=1e-3)  # 16 bits
        soundfile.write(path, waveform, RATE)
        page.set_input_files("#recording-file", path)
        page.locator("#error", has_text=f"{path.name} has one channel; expected 2 at least").wait_for()


def test_a_recording_that_does_not_fit_into_memory_is_a_fault_of_its_row_alone(new_page, tmp_path):
    page = new_page
    encode(tmp_path / "day.oga", speech(2.0, 32_000)[:, None])  # which is not decoded by blocks
    soundfile.write(tmp_path / "short.wav", speech(2.0), RATE)
    page.evaluate(
        "() => {"
        "  AudioBuffer.prototype.getChannelData = () => { throw new RangeError('Array buffer allocation failed'); };"
        "}"
    )
    page.set_input_files("#recording-file", [tmp_path / "day.oga", tmp_path / "short.wav"])
    page.locator("#status", has_text="Done: 1 of 2 recordings were scored, and 1 could not").wait_for()
    large, short = downloaded(page, "#files-download", "recordings.csv")
    assert large["fault"].startswith("day.oga is larger than this browser can hold (")
    assert (short["fault"], short["windows"]) == ("", "1")


def test_several_recordings_get_a_table_and_a_csv(new_page, model, tmp_path):
    page, names = new_page, ["calm, 1.wav", "loud.flac", "broken.mp3", "short.wav"]
    for name, seconds in {names[0]: 4.0, names[3]: 0.8}.items():
        soundfile.write(tmp_path / name, speech(seconds), RATE, subtype="FLOAT")
    encode(tmp_path / names[1], speech(2.0, 96_000)[:, None])
    (tmp_path / names[2]).write_bytes(bytes(500))
    page.set_input_files("#recording-file", [tmp_path / name for name in names])
    page.locator("#status", has_text="Done: 3 of 4 recordings were scored, and 1 could not").wait_for()
    assert page.locator("#files-body th").all_inner_texts() == names
    assert "holds no sound that this browser can decode" in page.locator("#files-body tr").nth(2).inner_text()
    table = downloaded(page, "#files-download", "recordings.csv")
    assert [line["file"] for line in table] == names
    expected = interpreted(model, speech(4.0)).mean(axis=0)
    np.testing.assert_allclose([float(table[0][name]) for name in CLASS_NAMES], expected, atol=1e-5)
    assert table[0]["label"] == CLASS_NAMES[expected.argmax()]
    assert (table[0]["windows"], table[3]["seconds"], table[0]["fault"]) == ("3", "0.8", "")
    assert "broken.mp3 holds no sound" in table[2]["fault"]
    assert table[2]["Low"] == ""

    page.click("text=calm, 1.wav")  # its windows, beside the table
    page.locator("#summary", has_text="calm, 1.wav, 4.0 s").wait_for()
    windows = downloaded(page, "#windows-download", "windows.csv")
    assert [float(line["start"]) for line in windows] == [0, 1, 2]
    np.testing.assert_array_equal(
        [[float(line[name]) for name in CLASS_NAMES] for line in windows], shown(page)
    )

    page.set_input_files("#model-file", with_metadata(model, tmp_path / "other.tflite", hop_seconds=0.5))
    page.locator("#model", has_text="other.tflite").wait_for()
    page.locator("#status", has_text="Done: 3 of 4").wait_for()
    assert downloaded(page, "#files-download", "recordings.csv")[0]["windows"] == "5"
