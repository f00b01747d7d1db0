"""The sound files that are damaged: small ones of every kind, made once."""

import contextlib
import json
import shutil
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from stressid_keras.config import (
    EXPORT_VARIANTS,
    AudioConfig,
    DatasetConfig,
    PreparationConfig,
    RunConfig,
    StudentConfig,
    VideoConfig,
)
from stressid_keras.dataset import SyntheticConfig, index_dataset, make_synthetic_tree, split_subjects
from stressid_keras.preprocessing import prepare_dataset
from stressid_keras.store.images import save_gaf_image, save_log_mel_image
from stressid_keras.store.store import PreparedStore
from stressid_keras.workflow.stage import Stage

from ..coded_sound import write_coded

PREPARATION = PreparationConfig(audio=AudioConfig(n_mels=32), video=VideoConfig(frames=4, max_side=32))


def build_corpus(folder: Path, variants: Sequence[str] = EXPORT_VARIANTS) -> Path:
    """Fill a folder with sound files, one folder a reader.

    Args:
        variants: of the exported student; MediaPipe's takes a second conversion.
    """
    tree = make_synthetic_tree(folder / "tree", SyntheticConfig(subjects=3, tasks=2, seconds=2.0))
    index = index_dataset(tree, DatasetConfig())
    store = prepare_dataset(index, folder / "prepared", PREPARATION)
    recording = index.recordings[0]
    _sounds(folder / "sound", recording.sources["audio"])
    _films(folder / "video", recording.sources["video"])
    _pictures(folder / "png", store)
    _tables(folder, tree, recording.sources["ecg"])
    _settings(folder / "settings")
    _stores(folder, index)
    _records(folder / "run")
    _features(folder)
    _models(folder, variants)
    return folder


def _sounds(folder: Path, source: Path) -> None:
    folder.mkdir()
    samples, rate = soundfile.read(source)
    samples = 0.5 * samples[:rate] / np.abs(samples).max()
    stereo = np.stack([samples, 0.5 * samples], axis=1)
    for name, values, subtype, form in (
        ("pcm16.wav", samples, "PCM_16", "WAV"),
        ("pcm24_stereo.wav", stereo, "PCM_24", "WAV"),
        ("pcm8.wav", samples, "PCM_U8", "WAV"),
        ("float.wav", samples, "FLOAT", "WAV"),
        ("extensible.wav", stereo, "PCM_16", "WAVEX"),
        ("rf64.wav", samples, "PCM_16", "RF64"),
        ("pcm16.flac", samples, "PCM_16", "FLAC"),
        ("vorbis.ogg", samples, "VORBIS", "OGG"),
        ("layer3.mp3", samples, "MPEG_LAYER_III", "MP3"),
        ("pcm16.aiff", samples, "PCM_16", "AIFF"),
    ):
        soundfile.write(folder / name, values, rate, subtype=subtype, format=form)
    for name in ("aac.m4a", "opus.webm"):
        write_coded(folder / name, stereo, rate)


def _films(folder: Path, source: Path) -> None:
    folder.mkdir()
    content = source.read_bytes()
    (folder / "plain.mp4").write_bytes(content)
    place = content.index(b"tkhd") + 4 + 40  # behind version, times, track, layer and volume
    quarter = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    (folder / "turned.mp4").write_bytes(content[:place] + quarter + content[place + 36 :])


def _pictures(folder: Path, store: PreparedStore) -> None:
    folder.mkdir()
    save_gaf_image(folder / "gaf.png", store.read(0, "eda"))
    save_log_mel_image(folder / "log_mel.png", store.read(0, "audio"))
    field = store.read(0, "rr")
    _write_png(folder / "gaf_colour.png", np.stack([field] * 3, axis=-1))
    _write_png(folder / "gaf_16_bit.png", field.astype(np.uint16) * 257)


def _write_png(path: Path, image: np.ndarray) -> None:
    import cv2

    path.write_bytes(cv2.imencode(".png", image)[1].tobytes())


def _tables(folder: Path, tree: Path, signals: Path) -> None:
    for name in ("signals", "labels", "people"):
        (folder / name).mkdir()
    lines = signals.read_text().splitlines()[:601]
    (folder / "signals" / "plain.txt").write_text("\n".join(lines) + "\n")
    german = [line.replace(",", ";").replace(".", ",") for line in lines]
    (folder / "signals" / "semicolons.txt").write_text("\n".join(german) + "\n")
    shutil.copyfile(tree / "labels.csv", folder / "labels" / "labels.csv")
    people = "Subject ID,Age,Sex\n2ea4,31,F\nb1c7,44,male\n0123,29,woman\n3e12,,\nq9z0,51,m\n"
    (folder / "people" / "demographics.csv").write_text(people)
    rows = [f"s{i:03}_Math,s{i:03},Math,0,test,student,{i % 3},0,0.5,0.25,0.25" for i in range(9)]
    header = "recording,subject,task,window,split,model,label,predicted,p_Low,p_Medium,p_High"
    (folder / "people" / "predictions.csv").write_text("\n".join([header, *rows]) + "\n")


def _settings(folder: Path) -> None:
    folder.mkdir()
    values = RunConfig().to_dict()
    (folder / "whole.json").write_text(json.dumps(values))
    (folder / "run.json").write_text(json.dumps({"config": values}))
    few = {"seed": 3, "audio": 1, "dataset": {"class_names": ["a", "b", "c"]}, "student": {"filters": [4, 4]}}
    del few["audio"]
    (folder / "few.json").write_text(json.dumps(few))


def _stores(folder: Path, index) -> None:
    """A preparation that was interrupted when all parts were there, and one killed before its store was in place."""

    class Stop(Exception):
        pass

    def stop(done, total, failed):
        if done == total:
            raise Stop

    with contextlib.suppress(Stop):
        prepare_dataset(index, folder / "interrupted", PREPARATION, progress=stop)
    visible = shutil.ignore_patterns(".*")
    shutil.copytree(folder / "prepared", folder / "replaced" / "next", ignore=visible)


def _records(folder: Path) -> None:
    from .records import SPLIT, STAGE

    subjects = [f"s{i // 3:03}" for i in range(27)]
    labels = [(i * i + i // 5) % 3 for i in range(27)]
    folder.mkdir()
    split = split_subjects(subjects, labels, DatasetConfig(), 7, ("x001",))
    Stage(folder, *SPLIT).run(lambda: split.save(folder / "split.json"))

    def work():
        for name in STAGE[2]:
            (folder / name).write_bytes(name.encode() * 20)
        return {"best_epoch": 7, "epochs": 22, "val_uar": 0.625, "padded_share": 0.1}

    Stage(folder, *STAGE).run(work)


def _features(folder: Path) -> None:
    from stressid_keras.analysis.baselines.stored import save_features
    from stressid_keras.distillation import save_teacher_features

    from .small_training import write_state

    shutil.copytree(folder / "prepared", folder / "features")
    store = PreparedStore.open(folder / "features")
    rng = np.random.default_rng(0)
    windows = store.manifest[store.complete]
    table = pd.DataFrame(rng.normal(size=(len(windows), 5)), columns=[f"ecg_{i}" for i in range(5)])
    table.insert(0, "recording", windows["recording"].to_numpy())
    table.insert(1, "window", windows["window"].to_numpy())
    save_features(store, table)
    features = {name: rng.normal(size=(5, 8)).astype("float32") for name in ("video", "ecg", "logits")}
    save_teacher_features(folder / "run" / "teacher_features.npz", "key", range(5), features)
    write_state(folder / "run" / "student.resume.npz", folder / "run")


def _models(folder: Path, variants: Sequence[str]) -> None:
    import keras

    from stressid_keras.export.convert import to_tflite
    from stressid_keras.export.int8_choice import to_single_output
    from stressid_keras.export.quantise import schemes, to_float16, to_mixed_int8
    from stressid_keras.models import build_student
    from stressid_keras.models.backbones import student_blocks

    from ..small_export import RATE, STUDENT, deployed_student, speech, write_export

    (folder / "keras").mkdir()
    keras.utils.set_random_seed(0)
    build_student(3, 16, StudentConfig(backbone="statistics", filters=(4, 6), feature_size=8)).save(
        folder / "keras" / "student.keras"
    )
    (folder / "tflite").mkdir()
    deployed = deployed_student()
    float32 = to_tflite(deployed)
    make = {
        "float32": lambda: float32,
        "fp16": lambda: to_float16(float32),
        "int8": lambda: to_mixed_int8(float32, schemes(3)[1], student_blocks(STUDENT), [speech(2.0)]),
        "mediapipe": lambda: to_single_output(deployed, RATE, "student", "Random weights, for tests."),
    }
    for variant in variants:
        changes = {"outputs": {"probabilities": [1, 3]}} if variant == "mediapipe" else {}
        write_export(folder / "tflite" / f"{variant}.tflite", make[variant](), variant=variant, **changes)
