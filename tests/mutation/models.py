"""Students: the `.keras` file and the exported ones."""

import io
import zipfile

import numpy as np

from stressid_keras import StudentRunner
from stressid_keras.export.metadata import write_archive

from .damage import BYTES
from .json_damage import JSON
from .reader import Original, Reader, put
from .verdicts import RIGHT, SAME, Verdict, tried, wrong
from .zip_damage import ZIP, bomb, rewritten

SECONDS = 2.5


class ExportedStudents(Reader):
    """`StudentRunner`: the predictions of the sound file, or none."""

    def find_originals(self):
        damages = (*BYTES, *ZIP, bomb, *[change_description] * 8)
        return [Original(path, damages) for path in sorted((self.corpus / "tflite").iterdir())]

    def __init__(self, corpus, sandbox):
        super().__init__(corpus, sandbox)
        time = np.arange(int(SECONDS * 16_000)) / 16_000
        envelope = 0.5 + 0.5 * np.sin(7 * time)
        self.waveform = (0.3 * envelope * np.sin(2 * np.pi * (120 + 60 * time) * time)).astype(np.float32)
        self.expected = {original.path: self._read(original.path) for original in self.originals}

    def judge(self, original, content):
        path = put(self.sandbox / "student.tflite", content)
        return tried(lambda: self._read(path), lambda found: self._judge(found, self.expected[original.path]))

    def _read(self, path):
        runner = StudentRunner(path)
        facts = {
            name: getattr(runner, name)
            for name in ("samples", "sample_rate", "class_names", "front_end", "hop")
        }
        return facts, runner.predict(self.waveform, 16_000)

    def _judge(self, found, expected) -> Verdict:
        (facts, prediction), (known_facts, known) = found, expected
        for name, value in facts.items():
            if value != known_facts[name] and name != "hop":
                return wrong(f"another {name}")
        if not np.array_equal(prediction.probabilities[0], known.probabilities[0]):
            return wrong("another prediction")
        if facts["hop"] != known_facts["hop"]:
            return RIGHT  # which nothing but model.json knows
        return (
            SAME if np.array_equal(prediction.mean, known.mean) else wrong("another prediction of the whole")
        )


class CraftedStudents(ExportedStudents):
    """The same with a damaged network and the right hash of it: a refusal, or what can be a prediction."""

    def __init__(self, corpus, sandbox):
        super().__init__(corpus, sandbox)
        self.descriptions = {o.path: dict(StudentRunner(o.path).description) for o in self.originals}
        for description in self.descriptions.values():
            del description["flatbuffer_sha256"], description["seal"]

    def input(self, seed, number):
        original, flatbuffer = super().input(seed, number)
        path = put(self.sandbox / "crafted.tflite", flatbuffer)
        write_archive(path, self.descriptions[original.path])
        return original, path.read_bytes()

    def find_originals(self):
        return [Original(path, (change_flatbuffer,)) for path in sorted((self.corpus / "tflite").iterdir())]

    def _judge(self, found, expected) -> Verdict:
        _, prediction = found
        values = prediction.probabilities
        if not np.isfinite(values).all() or (values < 0).any() or np.abs(values.sum(axis=1) - 1).max() > 1e-3:
            return wrong("probabilities that are none")
        return RIGHT


class KerasStudents(Reader):
    """`load_student`: what the file says, or a refusal."""

    def find_originals(self):
        return [Original(path, (*BYTES, *ZIP, *ZIP)) for path in sorted((self.corpus / "keras").iterdir())]

    def __init__(self, corpus, sandbox):
        super().__init__(corpus, sandbox)
        rng = np.random.default_rng(0)
        self.batch = {
            "audio": rng.random((2, 40, 16, 1), np.float32),
            "audio_size": np.array([[40, 16], [30, 16]], "int32"),
        }
        self.expected = {original.path: self._read(original.path) for original in self.originals}

    def judge(self, original, content):
        path = put(self.sandbox / "student.keras", content)
        return tried(lambda: self._read(path), lambda found: self._judge(found, original, content))

    def _read(self, path):
        from stressid_keras.export.load import load_student

        model = load_student(path, 16, 3)
        outputs = model(self.batch, training=False)
        return {name: np.asarray(values) for name, values in outputs.items()}

    def _judge(self, found, original, content) -> Verdict:
        known = self.expected[original.path]
        if all(np.array_equal(found[name], known[name]) for name in known):
            return SAME
        if not all(np.isfinite(values).all() for values in found.values()):
            return wrong("outputs that are not finite")
        with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(original.path) as sound:
            weights = "model.weights.h5"
            if archive.read(weights) == sound.read(weights) and archive.read("config.json") == sound.read(
                "config.json"
            ):
                return wrong("other outputs of the same weights")
        return RIGHT  # it is another model, and whole


def change_description(content: bytes, rng: np.random.Generator) -> bytes:
    """One value of `model.json`."""

    def edit(entries):
        for number, (name, data) in enumerate(entries):
            if name == "model.json":
                entries[number] = name, JSON[int(rng.integers(len(JSON)))](data, rng)

    return rewritten(content, edit)


def change_flatbuffer(content: bytes, rng: np.random.Generator) -> bytes:
    """The network damaged, without the archive behind it."""
    start = content.find(b"PK\x03\x04", len(content) // 2)
    damages = [damage for damage in BYTES if damage.__name__ not in ("append", "truncate")]
    return damages[int(rng.integers(len(damages)))](content[: start if start >= 0 else len(content)], rng)
