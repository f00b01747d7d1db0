import collections
import dataclasses
import hashlib

import av
import numpy as np
import pytest
import soundfile
from scipy.signal import find_peaks

from stressid_keras.config import DatasetConfig
from stressid_keras.dataset import SyntheticConfig, index_dataset, is_synthetic_tree, make_synthetic_tree
from stressid_keras.dataset.synthetic.body import ecg, eda, rr
from stressid_keras.dataset.synthetic.face import face
from stressid_keras.dataset.synthetic.plan import plan_recordings
from stressid_keras.dataset.synthetic.voice import voice
from stressid_keras.errors import DatasetError, StressIDError
from stressid_keras.modalities import MODALITIES

CONFIG = SyntheticConfig(subjects=2, tasks=3, seconds=2.0)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return make_synthetic_tree(tmp_path_factory.mktemp("synthetic") / "tree", CONFIG)


def digests(root):
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_tree_is_a_complete_stressid_tree(tree):
    index = index_dataset(tree, DatasetConfig())
    assert len(index.recordings) == index.counts["rows"] == 6
    assert all(recording.modalities == MODALITIES for recording in index.recordings)
    assert {recording.task for recording in index.recordings} == {"Counting1", "Counting2", "Counting3"}
    assert index.warnings == ()
    binary = index_dataset(tree, DatasetConfig(label="binary"))
    assert {recording.label for recording in binary.recordings} == {0, 1}


def test_recordings_of_silent_tasks_have_everything_but_audio(tmp_path):
    tree = make_synthetic_tree(tmp_path / "tree", dataclasses.replace(CONFIG, tasks=2, silent_tasks=6))
    index = index_dataset(tree, DatasetConfig(teacher_recordings="all"))
    silent = {recording.task for recording in index.recordings if recording.modalities != MODALITIES}
    assert silent == {"Breathing", "Video1", "Video2", "Relax", "Silent05", "Silent06"}
    assert sum(recording.modalities == MODALITIES for recording in index.recordings) == 4
    assert len(list(tree.rglob("*.wav"))) == 4
    assert len(list(tree.rglob("*.mp4"))) == len(list(tree.rglob("*.txt"))) == 16


def test_files_are_in_the_formats_of_the_release(tree):
    sources = index_dataset(tree, DatasetConfig()).recordings[0].sources
    sound = soundfile.info(sources["audio"])
    assert (sound.samplerate, sound.channels, sound.subtype, sound.duration) == (16_000, 1, "PCM_16", 2.0)
    assert np.abs(soundfile.read(sources["audio"])[0]).max() > 0.1
    with av.open(str(sources["video"])) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 64, 48)
        assert stream.average_rate == 15
        assert len(list(container.decode(video=0))) == 30
    header, *rows = sources["ecg"].read_text().splitlines()
    assert header == "ECG,EDA,RR"
    assert len(rows) == 1000
    assert all(len(cell.split(".")[1]) == 4 for cell in rows[0].split(","))
    assert np.isfinite(np.loadtxt(rows, delimiter=",")).all()


def test_the_same_configuration_gives_the_same_bytes_on_any_number_of_processes(tree, tmp_path):
    assert digests(make_synthetic_tree(tmp_path / "again", CONFIG, jobs=2)) == digests(tree)


def test_another_seed_gives_other_people_and_other_bytes(tree, tmp_path):
    other = make_synthetic_tree(tmp_path / "other", dataclasses.replace(CONFIG, seed=1))
    assert digests(other).keys().isdisjoint(digests(tree).keys() - {"labels.csv", "synthetic.json"})


def test_progress_is_told_after_every_recording(tmp_path):
    told = []
    config = SyntheticConfig(subjects=1, tasks=2, seconds=1.0)
    make_synthetic_tree(tmp_path / "tree", config, lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_generation_leaves_nothing_behind(tmp_path, jobs):
    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_synthetic_tree(tmp_path / "tree", dataclasses.replace(CONFIG, seconds=1.0), interrupt, jobs)
    assert list(tmp_path.iterdir()) == []


def test_a_tree_is_recognised_by_its_configuration_and_files(tmp_path):
    config = SyntheticConfig(subjects=1, tasks=1, seconds=1.0)
    root = make_synthetic_tree(tmp_path / "tree", config)
    assert is_synthetic_tree(root, config)
    assert not is_synthetic_tree(root, dataclasses.replace(config, seed=1))
    assert not is_synthetic_tree(tmp_path, config)
    next(root.glob("Videos/*/*.mp4")).unlink()
    assert not is_synthetic_tree(root, config)


def test_a_tree_that_fits_is_kept_and_another_synthetic_tree_replaced(tmp_path):
    config = SyntheticConfig(subjects=1, tasks=1, seconds=1.0)
    (tmp_path / "tree").mkdir()  # an empty folder may be filled
    root = make_synthetic_tree(tmp_path / "tree", config)
    written = (root / "labels.csv").stat().st_mtime_ns
    make_synthetic_tree(root, config)
    assert (root / "labels.csv").stat().st_mtime_ns == written
    changed = dataclasses.replace(config, seed=1)
    make_synthetic_tree(root, changed)
    assert is_synthetic_tree(root, changed)
    assert [path.name for path in tmp_path.iterdir()] == ["tree"]


def test_what_is_not_a_synthetic_tree_is_never_replaced(tmp_path):
    folder, file = tmp_path / "thesis", tmp_path / "notes"
    folder.mkdir()
    (folder / "chapter1.tex").write_text("years of work")
    file.write_text("more")
    for path in (folder, file):
        with pytest.raises(DatasetError, match=f"{path.name} exists and is not a synthetic tree"):
            make_synthetic_tree(path, CONFIG)
    assert (folder / "chapter1.tex").read_text() == "years of work"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"subjects": 0}, "subjects is 0; expected a whole number from 1"),
        ({"seconds": 0.5}, "seconds is 0.5"),
        ({"seed": -1}, "seed is -1"),
        ({"width": 161}, "161×48; H.264 needs even sides"),
    ],
)
def test_a_configuration_that_cannot_be_drawn_is_refused(change, message):
    with pytest.raises(StressIDError, match=message):
        SyntheticConfig(**change)


def test_classes_are_balanced_within_subjects_and_the_task_does_not_give_them_away():
    planned = plan_recordings(SyntheticConfig(subjects=300, tasks=6))
    per_subject = collections.Counter((recording.subject, recording.label) for recording in planned)
    assert set(per_subject.values()) == {2}
    per_task = collections.Counter((recording.task, recording.label) for recording in planned)
    lookup = sum(max(per_task[task, label] for label in range(3)) for task in range(6)) / len(planned)
    assert 0.4 < lookup < 0.6


def test_subjects_and_recordings_are_unique():
    planned = plan_recordings(SyntheticConfig(subjects=300, tasks=9))
    assert len({recording.name for recording in planned}) == 2700
    assert {len(recording.name.split("_")[0]) for recording in planned} == {4}
    assert {recording.name.split("_")[1] for recording in planned} >= {
        "Speaking",
        "Reading",
        "Task08",
        "Task09",
    }


def calm_and_stressed(make, measure, *arguments, people=12):
    """Means of `measure` over people at arousal 0 and at arousal 2."""
    return [
        np.mean(
            [
                measure(make(arousal, np.random.default_rng(n), np.random.default_rng(100 + n), *arguments))
                for n in range(people)
            ]
        )
        for arousal in (0.0, 2.0)
    ]


def test_the_heart_beats_faster_with_arousal():
    def beats_per_minute(signal):
        return 6 * len(find_peaks(signal, height=0.6 * signal.max(), distance=100)[0])

    calm, stressed = calm_and_stressed(ecg, beats_per_minute, 10.0, 500)
    assert 55 < calm < 70
    assert 88 < stressed < 105


def test_the_skin_responds_more_often_with_arousal():
    def responses(signal):
        return len(find_peaks(np.convolve(signal, np.ones(100) / 100, "valid"), prominence=0.03)[0])

    calm, stressed = calm_and_stressed(eda, responses, 20.0, 500)
    assert stressed > calm + 2


def test_breathing_is_faster_and_shallower_with_arousal():
    def frequency(signal):
        spectrum = np.abs(np.fft.rfft(signal[::50] - signal.mean(), 4096))
        return np.fft.rfftfreq(4096, 0.1)[spectrum.argmax()]

    calm, stressed = calm_and_stressed(rr, frequency, 20.0, 500)
    assert 0.15 < calm < 0.25
    assert 0.3 < stressed < 0.45
    calm, stressed = calm_and_stressed(rr, np.ptp, 20.0, 500)
    assert stressed < 0.8 * calm


def test_the_head_moves_more_with_arousal():
    def movement(frames):
        light = frames[:, :120].astype(float)
        return np.abs(np.diff(light[::11], axis=0)).mean()

    calm, stressed = calm_and_stressed(face, movement, (90, 15, 120, 160), people=6)
    assert stressed > 1.3 * calm


def test_the_voice_is_brighter_with_arousal_and_never_clips():
    def centroid(sound):
        power = np.abs(np.fft.rfft(sound)) ** 2
        return (power * np.fft.rfftfreq(len(sound), 1 / 16_000)).sum() / power.sum()

    calm, stressed = calm_and_stressed(voice, centroid, 3.0, 16_000)
    assert stressed > 1.1 * calm
    assert max(calm_and_stressed(voice, lambda sound: np.abs(sound).max(), 3.0, 16_000)) < 1


def test_a_person_looks_the_same_in_every_recording():
    def look(person, recording):
        frames = face(
            1.0, np.random.default_rng(person), np.random.default_rng(recording), (15, 15, 120, 160)
        )
        return frames[:, 120:].mean(axis=0)  # colour

    same, other = np.abs(look(1, 2) - look(1, 3)).mean(), np.abs(look(1, 2) - look(4, 3)).mean()
    assert other > 5 * same
