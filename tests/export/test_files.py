"""The files of an export: what they hold, and that they compute what Keras computes on people not trained on."""

import dataclasses
import json
import re
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
import soundfile

from stressid_keras.config import EXPORT_VARIANTS, ExportOptions
from stressid_keras.errors import DatasetError, ExportError
from stressid_keras.export.operators import operators
from stressid_keras.provenance import read_sealed, write_sealed
from stressid_keras.workflow import Run, predict
from stressid_keras.workflow.exporting import export_plan
from stressid_keras.workflow.exporting.export_windows import ExportWindows
from stressid_keras.workflow.training import load_trained

from ..json_files import edit_json

INPUT = "waveform"


def interpreter(path):
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter(str(path), num_threads=1)


def description(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("model.json"))


def test_four_files_and_no_other_model(exported_run):
    assert tuple(exported_run.files) == EXPORT_VARIANTS
    found = {path.name for path in (exported_run.folder / "run").glob("*.tflite")}
    assert found == {path.name for path in exported_run.files.values()}
    assert found == {
        "student.tflite",
        "student_fp16.tflite",
        "student_int8.tflite",
        "student_mediapipe.tflite",
    }


@pytest.mark.parametrize("variant", EXPORT_VARIANTS)
def test_only_built_in_operations(exported_run, variant):
    found = operators(exported_run.files[variant].read_bytes())
    assert found["CONV_2D"]
    assert found["RFFT2D"]
    assert not [name for name in found if "CUSTOM" in name or "Flex" in name]
    loaded = {
        operation["op_name"] for operation in interpreter(exported_run.files[variant])._get_ops_details()
    }
    assert not {name for name in loaded if name.startswith("Flex") or name == "CUSTOM"}


@pytest.mark.parametrize("variant", EXPORT_VARIANTS)
def test_input_and_outputs_are_float_and_as_described(exported_run, variant):
    path = exported_run.files[variant]
    run, told = interpreter(path).get_signature_runner(), description(path)
    inputs, outputs = run.get_input_details(), run.get_output_details()
    assert list(inputs) == [INPUT]
    assert inputs[INPUT]["shape"].tolist() == [1, told["window_samples"]]
    assert {name: found["shape"].tolist() for name, found in outputs.items()} == told["outputs"]
    assert {found["dtype"] for found in (*inputs.values(), *outputs.values())} == {np.float32}
    assert set(outputs) == {"probabilities"} | ({"feature"} if variant != "mediapipe" else set())


@pytest.mark.parametrize("variant", EXPORT_VARIANTS)
def test_archive_says_what_a_developer_needs(exported_run, variant):
    path = exported_run.files[variant]
    with zipfile.ZipFile(path) as archive:
        assert archive.read("labels.txt").decode() == "Low\nMedium\nHigh\n"
        assert all(entry.compress_type == zipfile.ZIP_STORED for entry in archive.infolist())
    told = description(path)
    assert (told["format"], told["name"], told["variant"]) == (1, "student", variant)
    assert told["class_names"] == ["Low", "Medium", "High"]
    assert (told["sample_rate"], told["window_samples"]) == (16_000, 32_000)
    assert (told["window_seconds"], told["hop_seconds"]) == (2.0, 1.0)
    assert told["front_end"] == {
        "n_fft": 1024,
        "hop_length": 512,
        "n_mels": 32,
        "top_db": 80.0,
        "fmin": 0.0,
        "fmax": 8000.0,
    }
    assert "divided by its peak" in told["normalisation"]
    assert "not a medical device" in told["model_card"]
    assert "Macro F1 on one person" in told["model_card"]
    assert told["training_data"]
    assert "inherits the licence" in told["licence"]
    assert {"python", "keras", "tensorflow", "ai-edge-quantizer"} <= set(told["versions"])
    assert told["seed"] == 0
    assert len(told["student"]) == 64


def test_no_subject_is_named(exported_run):
    manifest = exported_run.run.store.manifest
    subjects, recordings = (
        {name.encode() for name in manifest[column]} for column in ("subject", "recording")
    )
    for path in (*exported_run.files.values(), exported_run.folder / "run" / "export.json"):
        content = path.read_bytes()
        assert not [name for name in recordings if name in content], path.name
        # as words: a hash may have a subject's four hexadecimal digits somewhere
        assert not subjects & set(re.findall(rb"[0-9A-Za-z]+", content)), path.name


def test_report_counts_windows_of_people_not_trained_on(exported_run):
    """Three recordings of 4 s of one person in either part: windows of 2 s, a second apart."""
    summary = exported_run.summary
    assert summary["windows"] == {"test": 9, "val": 9}
    assert (summary["seconds"], summary["training_seconds"]) == (2.0, 4.0)
    for scores in summary["accuracy"].values():
        assert scores["training_windows"] == 3
        assert 0 <= scores["macro_f1"] <= 1
        assert scores["macro_f1_interval"] is None  # one person


@pytest.mark.parametrize(("enough", "parts", "recordings"), [(9, ("test",), 3), (10, ("test", "val"), 6)])
def test_validation_people_are_compared_on_where_the_test_part_is_small(
    exported_run, monkeypatch, enough, parts, recordings
):
    """Decided, and counted for the progress, before a sound file is read: the test part makes nine windows."""
    monkeypatch.setattr(export_plan, "N_UNSEEN", enough)
    plan = export_plan.plan_export(exported_run.run.context, ExportOptions(seconds=2.0))
    assert plan.unseen_parts == parts
    assert plan.n_unseen == recordings == len(list(ExportWindows(plan)))


def test_report_says_what_each_file_reaches_and_costs(exported_run):
    found = exported_run.summary["variants"]
    assert found["float32"]["max_probability_difference"] <= 1e-5
    assert found["mediapipe"]["max_probability_difference"] <= 1e-5
    assert found["fp16"]["max_probability_difference"] <= 1e-2
    assert found["int8"]["top1_agreement"] >= 0.98
    assert found["int8"]["feature_cosine"]["smallest"] >= 0.995
    for variant, path in exported_run.files.items():
        report = found[variant]
        assert report["bytes"] == path.stat().st_size
        assert report["latency_ms"] > 0
        assert report["peak_memory_mib"]["process"] > report["peak_memory_mib"]["model"] > 0
        assert report["windows"] == 18


def test_int8_scheme_was_chosen_on_other_people_than_it_was_tested_on(exported_run):
    """All 12 recordings of the training part and the 3 of the validation part, three windows each."""
    int8 = exported_run.summary["int8"]
    assert int8["scheme"] == int8["tried"][-1]["scheme"]
    assert {tried["windows"] for tried in int8["tried"]} == {(12 + 3) * 3}
    assert int8["tried"][0]["scheme"] == "all convolutions static int8"


def test_whole_windows_are_scored_as_in_the_predictions(exported_run):
    predict(exported_run.run.context)
    table = pd.read_csv(exported_run.folder / "run" / "network_predictions.csv", dtype={"subject": str})
    table = table[(table["model"] == "student") & (table["split"] == "test")]
    from sklearn.metrics import f1_score

    expected = f1_score(
        table["label"], table["predicted"], labels=[0, 1, 2], average="macro", zero_division=0
    )
    assert exported_run.summary["accuracy"]["training_windows"]["macro_f1"] == pytest.approx(expected)


ALONE = """
import sys
import numpy as np, soundfile
from ai_edge_litert.interpreter import Interpreter
waveform, rate = soundfile.read(sys.argv[2], dtype="float32")
assert rate == 16000
interpreter = Interpreter(sys.argv[1])
run = interpreter.get_signature_runner()
samples = run.get_input_details()["waveform"]["shape"][1]
np.save(sys.argv[3], run(waveform=waveform[None, :samples])["probabilities"][0])
assert not {"librosa", "tensorflow", "keras", "stressid_keras"} & set(sys.modules)
"""


def test_wav_file_alone_gives_the_keras_models_probabilities(exported_run, tiny_tree, tmp_path):
    """LiteRT and the wav file, nothing of this package."""
    from stressid_keras.export.deployed import build_deployed_model

    wav = sorted(tiny_tree.glob("Audio/*/*.wav"))[0]
    found = tmp_path / "found.npy"
    arguments = [str(exported_run.files["float32"]), str(wav), str(found)]
    subprocess.run([sys.executable, "-c", ALONE, *arguments], check=True)
    audio = exported_run.run.config.preparation.audio
    model = build_deployed_model(load_trained(exported_run.run.output_dir, "student"), audio, 32_000)
    waveform = soundfile.read(wav, dtype="float32")[0][None, :32_000]
    expected = model.predict(waveform, verbose=0)["probabilities"][0]
    np.testing.assert_allclose(np.load(found), expected, atol=1e-5)


def again(exported_run, tree, folder=None):
    return Run(
        tree, exported_run.folder / "prepared", folder or exported_run.folder / "run", exported_run.run.config
    )


def test_same_export_is_not_made_again(exported_run, tiny_tree):
    before = {path: path.stat().st_mtime_ns for path in exported_run.files.values()}
    again(exported_run, tiny_tree).export(ExportOptions(seconds=2.0))
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_another_student_file_is_exported_beside_its_split(exported_run, tiny_tree, tmp_path):
    """Neither trained nor confused with the run's own: the files have its name."""
    for name in ("student.keras", "split.json"):
        target = tmp_path / ("phone.keras" if name == "student.keras" else name)
        target.write_bytes((exported_run.folder / "run" / name).read_bytes())
    options = ExportOptions(seconds=60.0, variants=("float32",))
    run = again(exported_run, tiny_tree, tmp_path)
    files = run.export(options, tmp_path / "phone.keras")
    assert {path.name for path in tmp_path.iterdir()} == {
        "phone.keras",
        "split.json",
        "phone.tflite",
        "export_phone.json",
    }
    told = description(files["float32"])
    assert told["name"] == "phone"
    assert "physiology" not in told["model_card"]  # a control is trained without
    assert told["window_samples"] == 64_000  # no window of the training is longer than 60 s: theirs


def test_people_of_another_tree_are_a_sentence(exported_run, tiny_tree, tmp_path):
    (tmp_path / "student.keras").write_bytes((exported_run.folder / "run" / "student.keras").read_bytes())
    split = json.loads((exported_run.folder / "run" / "split.json").read_text())
    (tmp_path / "split.json").write_text(json.dumps({**split, "test": ["somebody"]}))
    run = again(exported_run, tiny_tree, tmp_path / "elsewhere")
    with pytest.raises(DatasetError, match=r"tests on people of whom .* has no complete window"):
        run.export(student=tmp_path / "student.keras")


def test_calibration_folder_that_is_none_is_a_sentence(exported_run, tiny_tree, tmp_path):
    """Before anything is trained."""
    options = ExportOptions(calibration=str(tmp_path))
    with pytest.raises(DatasetError, match="is not a prepared folder"):
        again(exported_run, tiny_tree, tmp_path / "run").export(options)
    assert not (tmp_path / "run").exists()


def test_calibration_folder_of_other_log_mels_is_refused(exported_run, tiny_tree, tmp_path):
    prepared = shutil.copytree(exported_run.folder / "prepared", tmp_path / "prepared")
    described = read_sealed(prepared / "prepare.json")
    described["config"]["audio"]["sample_rate"] = 8_000
    write_sealed(prepared / "prepare.json", described)
    with pytest.raises(ExportError, match=r"was prepared with other log-mels .*sample_rate=8000"):
        again(exported_run, tiny_tree).export(ExportOptions(calibration=str(prepared)))


def test_people_are_those_of_the_file_whatever_the_run_would_divide(exported_run, tiny_tree, tmp_path):
    """Another seed divides others: then the student would be tested on people whom it was trained on."""
    for name in ("student.keras", "split.json"):
        shutil.copy(exported_run.folder / "run" / name, tmp_path / name)
    before = (tmp_path / "split.json").read_bytes()
    config = dataclasses.replace(exported_run.run.config, seed=3)
    run = Run(tiny_tree, exported_run.folder / "prepared", tmp_path, config)
    run.export(ExportOptions(seconds=2.0, variants=("float32",)), tmp_path / "student.keras")
    assert (tmp_path / "split.json").read_bytes() == before
    folders = exported_run.folder / "run", tmp_path
    first, second = (json.loads((folder / "export.json").read_text()) for folder in folders)
    assert first["inputs"]["split"] == second["inputs"]["split"]


def test_a_student_of_other_windows_is_told(exported_run, tiny_tree, tmp_path):
    """Such as one of StressID that is tested on the sample, for its tree was not named."""
    for name in ("student.keras", "split.json", "split_record.json"):
        shutil.copy(exported_run.folder / "run" / name, tmp_path / name)
    run, said = again(exported_run, tiny_tree, tmp_path), []
    run.context.reporter.warn = said.append
    options = ExportOptions(seconds=2.0, variants=("float32",))
    run.export(options, tmp_path / "student.keras")
    assert said == []
    record = json.loads((tmp_path / "split_record.json").read_text())
    record["inputs"]["windows"] = "others"
    (tmp_path / "split_record.json").write_text(json.dumps(record))
    run.export(options, tmp_path / "student.keras")
    assert len(said) == 1
    assert "was trained on other windows" in said[0]


@pytest.mark.parametrize("backbone", ["speech", "residual", "separable"])
def test_a_student_of_another_backbone_than_the_configuration_is_refused(
    exported_run, tiny_tree, tmp_path, backbone
):
    """Its blocks would be looked for in vain, or it would be exported unfolded."""
    student, config = copied(exported_run, tmp_path), exported_run.run.config
    other = dataclasses.replace(config, student=dataclasses.replace(config.student, backbone=backbone))
    run = Run(tiny_tree, exported_run.folder / "prepared", tmp_path, other)
    with pytest.raises(ExportError, match=rf"student\.keras has other layers than .* backbone '{backbone}'"):
        run.export(ExportOptions(seconds=2.0, variants=("float32",)), student)
    assert not list(tmp_path.glob("*.tflite"))


def copied(exported_run, folder):
    """A student with what its run left beside it."""
    for name in ("student.keras", "student.json", "split.json", "split_record.json"):
        shutil.copy(exported_run.folder / "run" / name, folder)
    return folder / "student.keras"


def test_people_who_were_moved_from_one_part_to_another_are_noticed(exported_run, tiny_tree, tmp_path):
    student = copied(exported_run, tmp_path)

    def leak(split):
        split["train"][0], split["test"][0] = split["test"][0], split["train"][0]

    edit_json(tmp_path / "split.json", leak)
    with pytest.raises(DatasetError, match=r"split\.json is not the file that split_record\.json beside it"):
        again(exported_run, tiny_tree, tmp_path).export(student=student)


def test_a_student_that_was_changed_since_its_training_is_noticed(exported_run, tiny_tree, tmp_path):
    student = copied(exported_run, tmp_path)
    shutil.copy(exported_run.folder / "run" / "teacher.keras", student)
    with pytest.raises(ExportError, match=r"student\.keras is not the file that student\.json beside it"):
        again(exported_run, tiny_tree, tmp_path).export(student=student)


def test_a_student_of_an_earlier_version_is_exported(exported_run, tiny_tree, tmp_path):
    """Its records have no seal; or there are none at all, or others in their place."""
    student, options = copied(exported_run, tmp_path), ExportOptions(seconds=2.0, variants=("float32",))
    for name in ("student.json", "split_record.json"):
        edit_json(tmp_path / name, lambda record: record.pop("seal"))
    again(exported_run, tiny_tree, tmp_path).export(options, student)
    for content in ("[]", '{"outputs": 3, "inputs": []}', "{"):
        (tmp_path / "split_record.json").write_text(content)
        again(exported_run, tiny_tree, tmp_path).export(options, student)


def test_people_of_the_split_who_are_not_in_the_tree_are_named(exported_run, tiny_tree, tmp_path):
    student = copied(exported_run, tmp_path)
    (tmp_path / "split_record.json").unlink()
    edit_json(tmp_path / "split.json", lambda split: split["train"].append("stranger"))
    run, said = again(exported_run, tiny_tree, tmp_path), []
    run.context.reporter.warn = said.append
    run.export(ExportOptions(seconds=2.0, variants=("float32",)), student)
    assert len(said) == 1
    assert "names 1 subjects of whom" in said[0]
    assert "the first stranger" in said[0]


def test_an_exported_file_in_the_place_of_a_student_is_kept(exported_run, tiny_tree):
    path = exported_run.files["float32"]
    before = path.read_bytes()
    with pytest.raises(ExportError, match=r"student\.tflite is not a \.keras file"):
        again(exported_run, tiny_tree).export(student=path)
    assert path.read_bytes() == before


def test_file_that_is_no_student_is_refused(exported_run, tiny_tree):
    """The run's teacher, and a file that is no model at all."""
    run = again(exported_run, tiny_tree)
    folder = exported_run.folder / "run"
    with pytest.raises(
        ExportError, match=r"teacher.keras is not a student: it takes ecg, .* expected a model"
    ):
        run.export(student=folder / "teacher.keras")
    (folder / "text.keras").write_text("no model")
    with pytest.raises(ExportError, match=r"text.keras is not a .keras file"):
        run.export(student=folder / "text.keras")
    content = bytearray((folder / "student.keras").read_bytes())
    content[len(content) // 2] ^= 0xFF
    (folder / "damaged.keras").write_bytes(content)
    directory = content.rindex(b"PK\x01\x02")
    (folder / "cut.keras").write_bytes(content[:directory] + b"PK\x09" + content[directory + 3 :])
    with pytest.raises(ExportError, match=r"cut.keras is not a .keras file"):
        run.export(student=folder / "cut.keras")
    with pytest.raises(ExportError, match=r"damaged.keras cannot be loaded as a Keras model"):
        run.export(student=folder / "damaged.keras")
    with pytest.raises(ExportError, match=r"absent.keras is missing"):
        run.export(student=folder / "absent.keras")
