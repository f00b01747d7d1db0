"""The page in a browser: the interpreter's numbers, from files and from the microphone, and nothing leaves it."""

import io
import json
import re
import zipfile

import numpy as np
import pytest
import soundfile

from stressid_keras.config import AudioConfig
from stressid_keras.media.sound.sound_files import read_sound
from stressid_keras.preprocessing import load_waveform, log_mel

from .. import sound_cases
from ..small_export import (
    RATE,
    SPEECH_FRONT_END,
    SPEECH_STUDENT,
    deployed_student,
    speech,
    write_export,
)
from .conftest import base64_of, in_page, with_metadata
from .page_driver import SECONDS, heard, interpreted, score, shown, static_host


def wav(samples, **options):
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="WAV", **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("subtype", "seconds", "channels"),
    [
        ("PCM_16", 5.7, 1),
        ("PCM_16", 5.4, 2),
        ("PCM_U8", 2.0, 1),
        ("PCM_24", 0.9, 2),
        ("PCM_32", 2.3, 1),
        ("FLOAT", 3.0, 3),
        ("DOUBLE", 1.5, 1),
    ],
)
def test_a_wav_gives_the_same_probabilities_as_the_interpreter(
    page, model, tmp_path, subtype, seconds, channels
):
    path = tmp_path / "talk.wav"
    samples = speech(seconds)[:, None] * np.linspace(1, 0.3, channels)
    soundfile.write(path, samples, RATE, subtype=subtype)
    expected = interpreted(model, heard(path))
    assert np.ptp(expected) > 0.05
    np.testing.assert_allclose(score(page, path), expected, atol=1e-5)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_samples_are_the_mean_of_the_channels_as_soundfile_reads_them(page, tmp_path, subtype):
    """The student does not hear a gain, so that its probabilities alone would not show a sum."""
    path = tmp_path / "talk.wav"
    soundfile.write(path, 0.9 * speech(0.3)[:, None] * [1.0, -0.4, 0.7], RATE, subtype=subtype)
    found = read_in_page(page, path)
    assert found["rate"] == RATE
    np.testing.assert_allclose(found["samples"], heard(path), atol=1e-7)


READ = (
    "const { hearSound } = await import('/src/sound_file.js');"
    "const content = Uint8Array.from(atob(argument), (letter) => letter.charCodeAt(0));"
    "return hearSound(new File([content], 'talk.wav'), null, async ({ rate, seconds, blocks }) => {"
    "  const samples = [];"
    "  for await (const block of blocks) samples.push(...block);"
    "  return { samples, rate, seconds };"
    "}).catch((error) => ({ sentence: error.message }));"
)


def read_in_page(page, path):
    return in_page(page, READ, base64_of(path))


FLOATS = {
    "integers of 16 bits": np.round(sound_cases.noise() * 2**15),
    "integers of 24 bits": np.round(sound_cases.noise() * 2**23),
    "a click": np.where(np.arange(32_000) == 777, 100, sound_cases.noise()),
    "beyond full scale": 3 * sound_cases.noise(),
}
WHOLE = {
    **{name: content for name, (content, _) in sound_cases.WHOLE_WAVS.items()},
    **{
        f"{name} as {subtype}": sound_cases.encoded(samples, subtype=subtype)
        for name, samples in FLOATS.items()
        for subtype in ("FLOAT", "DOUBLE")
    },
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_wav_is_read_as_preparation_reads_it(page, tmp_path, name):
    path = tmp_path / "talk.wav"
    path.write_bytes(WHOLE[name])
    found, (expected, rate) = read_in_page(page, path), read_sound(path)
    assert (len(found["samples"]), found["rate"]) == (len(expected), rate)
    same = slice(0, 2 * RATE - 500 if "another rate" in name else None)  # two resamplers
    np.testing.assert_allclose(found["samples"][same], expected[same], atol=1e-7)


@pytest.mark.parametrize("name", sound_cases.BAD_WAVS)
def test_a_wav_without_sound_of_its_own_is_refused_as_in_preparation(page, tmp_path, name):
    path, (content, expected) = tmp_path / "talk.wav", sound_cases.BAD_WAVS[name]
    path.write_bytes(content)
    assert expected in read_in_page(page, path)["sentence"]


def test_an_offset_changes_neither_the_numbers_nor_the_picture(page, model, tmp_path):
    path, waveform = tmp_path / "talk.wav", speech(3.1)
    soundfile.write(path, waveform, RATE, subtype="FLOAT")
    expected = score(page, path)
    soundfile.write(path, waveform + np.float32(0.05), RATE, subtype="FLOAT")
    np.testing.assert_allclose(score(page, path), expected, atol=1e-3)
    pictures = [
        in_page(
            page,
            "const { LogMel } = await import('/src/log_mel.js');"
            "const logMel = new LogMel(argument[1], 16000, 1000);"
            "logMel.push(Float32Array.from(argument[0]));"
            "return Array.from(logMel.image().values);",
            [
                (waveform + np.float32(offset)).tolist(),
                {"n_fft": 1024, "hop_length": 512, "n_mels": 128, "top_db": 80},
            ],
        )
        for offset in (0, 0.05)
    ]
    np.testing.assert_allclose(*pictures, atol=1e-3)


def test_beyond_full_scale_is_divided_and_silence_at_the_end_is_said_to_be_silent(page, model, tmp_path):
    path = tmp_path / "loud.wav"
    soundfile.write(path, np.pad(4 * speech(3.1), (0, 3 * RATE)), RATE, subtype="FLOAT")
    np.testing.assert_allclose(score(page, path), interpreted(model, heard(path)), atol=1e-5)
    assert "of them silent" in page.inner_text("#summary")
    assert "(silent)" in page.locator("#table-body th").last.text_content()


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 96_000])
def test_another_rate_comes_close_to_preparation_and_less_than_the_models_is_said(
    page, model, tmp_path, rate
):
    path = tmp_path / "talk.wav"
    soundfile.write(path, speech(3.4, rate), rate, subtype="FLOAT")
    expected = interpreted(model, load_waveform(path, RATE))
    np.testing.assert_allclose(score(page, path), expected, atol=2e-3)  # two resamplers: up to 7e-4 were seen
    assert ("higher half" in page.inner_text("#status")) == (rate < RATE)


def test_the_picture_is_the_log_mel_of_preparation(page):
    waveform, audio = speech(1.3), AudioConfig()
    found = in_page(
        page,
        "const { LogMel } = await import('/src/log_mel.js');"
        "const logMel = new LogMel(argument[1], 16000, 1000);"
        "const samples = Float32Array.from(argument[0]);"
        "for (let at = 0; at < samples.length; at += 777) logMel.push(samples.subarray(at, at + 777));"
        "const { values, frames, bands } = logMel.image();"
        "return [Array.from(values), frames, bands];",
        [waveform.tolist(), {"n_fft": audio.n_fft, "hop_length": 512, "n_mels": 128, "top_db": 80}],
    )
    np.testing.assert_allclose(np.reshape(found[0], found[1:]), log_mel(waveform, audio), atol=1e-3)


def test_resampling_does_not_depend_on_chunks(page):
    whole, parts = in_page(
        page,
        "const { Resampler, resampled } = await import('/src/resample.js');"
        "const samples = Float32Array.from(argument);"
        "const resampler = new Resampler(44100, 16000);"
        "const parts = [];"
        "for (let at = 0; at < samples.length; at += 777) parts.push(...resampler.push(samples.slice(at, at + 777)));"
        "parts.push(...resampler.finish());"
        "const whole = [];"
        "for await (const block of resampled([samples], 44100, 16000)) whole.push(...block);"
        "return [whole, parts];",
        speech(0.4, 44_100).tolist(),
    )
    assert len(whole) == round(0.4 * RATE)
    assert parts[: len(whole)] == whole


def test_a_stream_gives_the_numbers_of_the_file(page, model, tmp_path):
    path = tmp_path / "talk.wav"
    soundfile.write(path, speech(4.7), RATE, subtype="FLOAT")
    streamed = in_page(
        page,
        "const { Student } = await import('/src/student.js');"
        "const { Listening } = await import('/src/listening.js');"
        "const content = Uint8Array.from(atob(argument[0]), (letter) => letter.charCodeAt(0));"
        "const listening = new Listening(await Student.load(content.buffer, 'student.tflite'));"
        "for (let at = 0, size = 1; at < argument[1].length; at += size, size = (size * 7) % 9973) {"
        "  listening.push(Float32Array.from(argument[1].slice(at, at + size)));"
        "  await listening.advance();"
        "}"
        "await listening.finish();"
        "return listening.windows.map(({ probabilities }) => Array.from(probabilities));",
        [base64_of(model), speech(4.7).tolist()],
    )
    np.testing.assert_array_equal(streamed, score(page, path))


def test_a_microphone_that_is_refused_gets_a_sentence(site, open_page):
    page = open_page(site[0], permissions=())
    page.click("#microphone")
    page.locator("#error", has_text="The browser does not allow the microphone").wait_for()
    assert page.inner_text("#microphone") == "Use the microphone"
    assert page.said == []
    page.context.close()


def test_a_file_that_is_dropped_is_scored(page, tmp_path):
    in_page(
        page,
        "const files = new DataTransfer();"
        "files.items.add(new File([Uint8Array.from(argument)], 'dropped.wav'));"
        "const drop = document.getElementById('drop');"
        "drop.dispatchEvent(new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true }));",
        list(wav(speech(1.0))),
    )
    page.locator("#summary", has_text="dropped.wav").wait_for()


def test_names_window_and_rate_are_the_models(new_page, model, tmp_path):
    page = new_page
    other = with_metadata(model, tmp_path / "other.tflite", class_names=["calm", "tense", "<b>loud</b>"])
    page.set_input_files("#model-file", other)
    page.locator("#model", has_text="calm, tense, <b>loud</b>").wait_for()
    assert "other.tflite" in page.inner_text("#model")
    assert "2.0 s of sound at 16 kHz" in page.inner_text("#model")
    path = tmp_path / "talk.wav"
    soundfile.write(path, speech(2.0), RATE)
    score(page, path)
    assert page.locator("#bars li").all_inner_texts()[2].startswith("<b>loud</b>")


def test_another_model_scores_the_recording_again(new_page, model, tmp_path):
    page = new_page
    path = tmp_path / "talk.wav"
    soundfile.write(path, speech(4.0), RATE)
    before = score(page, path)
    page.set_input_files("#model-file", with_metadata(model, tmp_path / "other.tflite", hop_seconds=0.5))
    page.locator("#table-body tr").nth(4).wait_for(state="attached")
    np.testing.assert_array_equal(shown(page)[::2], before)


def test_a_page_without_a_model_asks_for_one(serve, open_page, model, tmp_path):
    page = open_page(serve(None)[0])
    assert "No model is loaded" in page.inner_text("#status")
    page.set_input_files("#model-file", model)
    page.locator("#status", has_text="Ready").wait_for()
    path = tmp_path / "talk.wav"
    soundfile.write(path, speech(2.0), RATE)
    assert len(score(page, path)) == 1
    assert page.said == []


def test_no_request_leaves_the_page_after_it_has_loaded(site, open_page, tmp_path):
    """On a host that sends files and nothing else, so that the page's own policy is what holds."""
    path = tmp_path / "talk.wav"
    soundfile.write(path, speech(3.0, 44_100), 44_100)
    with static_host(site[1]) as (address, requests), static_host(tmp_path) as (elsewhere, received):
        page = open_page(address, offline=True)
        page.wait_for_selector("body[data-offline=true]")  # until then the worker keeps the page's own files
        loaded = len(requests), len(page.requested)
        score(page, path)
        page.click("#microphone")
        page.locator("#table-body tr").first.wait_for(state="attached", timeout=SECONDS * 1000)
        page.click("#microphone")
        page.locator("#status", has_text="Stopped").wait_for()
        assert (len(requests), len(page.requested)) == loaded
        assert page.said == []
        for target in (elsewhere, address):
            assert "TypeError" in in_page(
                page,
                "return fetch(argument, { method: 'POST', body: 'x' }).then(() => 'sent', String);",
                target,
            )
        assert len(requests) == loaded[0]
        assert received == []


def test_a_cross_origin_post_is_blocked_while_the_page_loads(site, browser, tmp_path):
    with static_host(tmp_path) as (elsewhere, received):
        page = browser.new_page()
        page.add_init_script(
            f"self.post = fetch('{elsewhere}', {{ method: 'POST', body: 'x', mode: 'no-cors' }})"
            ".then(() => 'sent', String);"
        )
        page.goto(site[0])
        assert "TypeError" in page.evaluate("self.post")
        assert received == []
        page.close()


def test_the_policy_is_strict_as_a_header_and_in_the_page(page, site):
    header = page.request.get(site[0]).headers["content-security-policy"]
    stated = page.locator("meta[http-equiv=Content-Security-Policy]").first.get_attribute("content")
    for policy in (header, stated):
        rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
        assert rules["default-src"] == "'none'"
        assert rules["script-src"] == "'self' 'wasm-unsafe-eval'"
        assert rules["style-src"] == rules["connect-src"] == "'self'"
        assert rules["worker-src"] == rules["manifest-src"] == rules["img-src"] == "'self'"


BAD_RECORDINGS = {
    "is empty": b"",
    "holds no sound that this browser can decode": b"ID3\x04" + bytes(400),  # as an MP3 starts
    "holds no samples": wav(np.zeros(0)),
    "is truncated": wav(speech(1.0))[:-1000],
    "NaN or infinite": wav(np.full(800, np.nan, "float32"), subtype="FLOAT"),
    "is silent": wav(np.zeros(RATE)),
    "expected uncompressed WAV": wav(speech(1.0), subtype="ALAW"),
    "without audio data": wav(speech(1.0))[:40],
}


@pytest.mark.parametrize("sentence", BAD_RECORDINGS)
def test_a_bad_recording_gets_a_sentence_and_no_number(page, tmp_path, sentence):
    good, bad = tmp_path / "good.wav", tmp_path / "bad.wav"
    good.write_bytes(wav(speech(1.0)))
    bad.write_bytes(BAD_RECORDINGS[sentence])
    score(page, good)
    page.set_input_files("#recording-file", bad)
    error = page.locator("#error", has_text=sentence)
    error.wait_for()
    assert re.fullmatch(r"bad\.wav [^\n]+\.", error.inner_text())
    assert page.locator("#result").is_hidden()
    score(page, good)
    assert page.locator("#error").is_hidden()


BAD_MODELS = {
    "is empty": lambda content, change: b"",
    "is not a TFLite model": lambda content, change: bytes(1000),
    "has no model.json": lambda content, change: content[:-30],
    "has format 2": lambda content, change: change(format=2),
    "no usable class_names": lambda content, change: change(class_names=[]),
    "no usable front_end": lambda content, change: change(front_end=None),
    "as the model.json inside it says": lambda content, change: change(window_samples=100),
    "no usable sample_rate": lambda content, change: change(sample_rate=10**9),
    "no usable class_names; choose": lambda content, change: change(class_names=["a", "b\u2028", "c"]),
    "no usable hop_seconds": lambda content, change: change(hop_seconds=100.0),
    "mel bands of 1024 samples at 8000 Hz, which its model does not have": lambda content, change: change(
        sample_rate=8_000
    ),
    "describes another log-mel than its model computes": lambda content, change: change(
        front_end={"n_fft": 1024, "hop_length": 256, "n_mels": 32, "top_db": 80.0}
    ),
    "was changed after the export": lambda content, change: rewritten(content, hop_seconds=0.5),
    "at 22050 Hz, which its model": lambda content, change: rewritten(content, seal=None, sample_rate=22_050),
    "name other classes": lambda content, change: rewritten(content, seal=None, class_names=["c", "b", "a"]),
    "model.json inside bad.tflite is not JSON": lambda content, change: rewritten(content, "[" * 200_000),
    "is damaged: the archive at its end cannot be read": lambda content, change: broken(
        rewritten(content, compression=zipfile.ZIP_DEFLATED)
    ),
    "gives no probabilities for its 2 classes": lambda content, change: change(class_names=["a", "b"]),
    "the hash that its model.json names": lambda content, change: (
        content[:20_000] + bytes([content[20_000] ^ 255]) + content[20_001:]
    ),
    "is damaged: the runtime cannot load it": lambda content, change: change(
        content=content[:8] + bytes(50_000) + content[50_008:]
    ),
}


def rewritten(content, text=None, compression=zipfile.ZIP_STORED, seal="kept", **changes):
    """An exported file whose archive was written again: another text for its model.json, or changes in that."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start = min(entry.header_offset for entry in archive.infolist())
        texts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    description = json.loads(texts["model.json"]) | changes
    if seal is None:
        del description["seal"]
    if changes or text:
        texts["model.json"] = text or json.dumps(description)
    file = io.BytesIO(content[:start])
    with zipfile.ZipFile(file, "a", compression) as archive:
        for name, value in texts.items():
            archive.writestr(name, value)
    return file.getvalue()


def broken(content):
    """Its model.json is no deflated text."""
    start = content.rindex(b"model.json", 0, content.rindex(b"PK\x01\x02") - 100) + len("model.json")
    return content[:start] + b"\xff" * 40 + content[start + 40 :]


def test_an_archive_that_was_compressed_is_read(new_page, model, tmp_path):
    path = tmp_path / "packed.tflite"
    path.write_bytes(rewritten(model.read_bytes(), compression=zipfile.ZIP_DEFLATED))
    new_page.set_input_files("#model-file", path)
    new_page.locator("#model", has_text="packed.tflite").wait_for()


@pytest.mark.parametrize("variant", ["fp16", "float32"])
def test_the_front_end_of_other_variants_is_recognised(new_page, model, tmp_path, variant):
    from stressid_keras.export.quantise import to_float16

    path, content = tmp_path / f"{variant}.tflite", model.read_bytes()
    with zipfile.ZipFile(model) as archive:
        flatbuffer = content[: min(entry.header_offset for entry in archive.infolist())]
    if variant == "fp16":
        flatbuffer = to_float16(flatbuffer)
    write_export(path, flatbuffer, variant=variant)
    new_page.set_input_files("#model-file", path)
    new_page.locator("#model", has_text=path.name).wait_for()


@pytest.fixture(scope="module")
def speech_model(tmp_path_factory):
    """A student that hears the speech encoder."""
    from stressid_keras.export.convert import to_tflite

    path = tmp_path_factory.mktemp("speech") / "speech.tflite"
    return write_export(path, to_tflite(deployed_student(SPEECH_STUDENT)), front_end=SPEECH_FRONT_END)


def test_a_student_that_hears_the_speech_encoder_scores(new_page, speech_model, tmp_path):
    new_page.set_input_files("#model-file", speech_model)
    new_page.locator("#model", has_text=speech_model.name).wait_for(timeout=SECONDS * 1000)
    path = tmp_path / "talk.wav"
    soundfile.write(path, speech(3.7), RATE)
    found = score(new_page, path)
    np.testing.assert_allclose(found, interpreted(speech_model, heard(path)), atol=1e-5)
    assert "128 mel bands, 80 dB" in new_page.inner_text(
        "#log-mel-unit"
    )  # the usual picture, not what it hears


@pytest.mark.parametrize("variant", ["fp16", "int8"])
def test_the_speech_front_end_of_other_variants_is_recognised(new_page, speech_model, tmp_path, variant):
    from stressid_keras.export.quantise import to_dynamic_int8, to_float16
    from stressid_keras.runtime.archive import read_exported

    content = {"fp16": to_float16, "int8": to_dynamic_int8}[variant](read_exported(speech_model).flatbuffer)
    path = write_export(tmp_path / f"{variant}.tflite", content, variant=variant, front_end=SPEECH_FRONT_END)
    new_page.set_input_files("#model-file", path)
    new_page.locator("#model", has_text=path.name).wait_for(timeout=SECONDS * 1000)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"n_mels": 20},
            "a filterbank of 20 mel bands of 400 samples at 16000 Hz, which its model does not have",
        ),
        ({"hop_length": 200}, "describes another speech front end than its model computes"),
        ({"level": -20.0}, "describes another speech front end than its model computes"),
        ({"level": 0}, "no usable front_end"),
        ({"level": None}, "no usable front_end"),
        ({"kind": "whisper"}, "no usable front_end"),
        ({"kind": None}, "no usable front_end"),
    ],
)
def test_another_speech_front_end_than_the_models_gets_a_sentence(
    page, speech_model, tmp_path, changes, sentence
):
    path = with_metadata(speech_model, tmp_path / "bad.tflite", front_end=SPEECH_FRONT_END | changes)
    page.set_input_files("#model-file", path)
    page.locator("#error", has_text=sentence).wait_for()


@pytest.mark.parametrize("sentence", BAD_MODELS)
def test_a_bad_model_gets_a_sentence_and_the_one_before_stays(page, model, tmp_path, sentence):
    bad, path = tmp_path / "bad.tflite", tmp_path / "talk.wav"
    bad.write_bytes(
        BAD_MODELS[sentence](
            model.read_bytes(),
            lambda **changes: with_metadata(model, tmp_path / "changed.tflite", **changes).read_bytes(),
        )
    )
    page.set_input_files("#model-file", bad)
    error = page.locator("#error", has_text=sentence)
    error.wait_for()
    assert re.fullmatch(r"[^\n]*bad\.tflite[^\n]+\.", error.inner_text())
    path.write_bytes(wav(speech(1.0)))
    assert len(score(page, path)) == 1


def test_the_keyboard_alone_suffices(new_page, tmp_path):
    page = new_page
    path = tmp_path / "talk.wav"
    soundfile.write(path, speech(3.0), RATE)
    page.on("filechooser", lambda chooser: chooser.set_files(path))
    order = []
    for _ in range(5):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
    assert order == ["Skip to the recording", "recording-file", "microphone", "channel", "model-file"]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.locator("#status", has_text="Done").wait_for()
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    assert page.locator("#table-body tr").first.is_visible()


def test_it_fits_a_narrow_screen_and_keeps_its_contrast_in_both_schemes(new_page):
    new_page.set_viewport_size({"width": 360, "height": 700})
    assert new_page.evaluate("document.documentElement.scrollWidth") == 360
    for scheme in ("light", "dark"):
        new_page.emulate_media(color_scheme=scheme)
        for text, ground, least in CONTRASTS:
            colours = [new_page.evaluate(COLOUR, name) for name in (text, ground)]
            assert contrast(*colours) >= least, (scheme, text, ground)


# WCAG 2.2, 1.4.3 and 1.4.11: 4.5 for text, 3 for what a picture says.
CONTRASTS = [
    ("--ink", "--paper", 4.5),
    ("--ink", "--card", 4.5),
    ("--ink", "--notice", 4.5),
    ("--ink", "--error", 4.5),
    ("--soft", "--paper", 4.5),
    ("--soft", "--card", 4.5),
    ("--accent", "--card", 4.5),
    ("--on-accent", "--accent", 4.5),
    *[(f"--class-{index}", "--card", 3) for index in range(6)],
]
COLOUR = "(name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()"


def contrast(*colours):
    """Of two colours #rrggbb. Source: WCAG 2.2, contrast ratio."""
    channels = np.array([[int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)] for colour in colours])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    low, high = np.sort(linear @ [0.2126, 0.7152, 0.0722])
    return (high + 0.05) / (low + 0.05)
