"""What a run keeps in its output folder: the split and records of stages."""

from stressid_keras.dataset import SubjectSplit
from stressid_keras.workflow.stage import Stage

from .damage import BYTES
from .json_damage import JSON
from .reader import Original, Reader, put
from .text_damage import TEXT
from .verdicts import SAME, Verdict, tried, wrong

OUTDATED = Verdict("refused", "taken for outdated")
SPLIT = ("split_record", {"seed": 7}, ("split.json",))
STAGE = ("teacher", {"seed": 1, "windows": "abc"}, ("teacher.keras", "history_teacher.csv"))


class Splits(Reader):
    """`SubjectSplit.load`; a run asks the record first, as here."""

    def find_originals(self):
        return [Original(self.corpus / "run" / "split.json", (*JSON, *JSON, *BYTES, *TEXT[:4]))]

    def __init__(self, corpus, sandbox):
        super().__init__(corpus, sandbox)
        put(sandbox / f"{SPLIT[0]}.json", (corpus / "run" / f"{SPLIT[0]}.json").read_bytes())
        self.expected = SubjectSplit.load(self.originals[0].path)

    def judge(self, original, content):
        path = put(self.sandbox / "split.json", content)
        return tried(lambda: SubjectSplit.load(path), self._judge)

    def _judge(self, found) -> Verdict:
        if found == self.expected:
            return SAME
        members = [name for part in found.parts.values() for name in part]
        if len(set(members)) < len(members):
            return wrong("somebody is in two parts")
        return wrong("another split is current") if Stage(self.sandbox, *SPLIT).is_current() else OUTDATED


class Records(Reader):
    """`Stage.is_current` and the summary that others read from its record."""

    def find_originals(self):
        folder = self.corpus / "run"
        return [
            *[Original(folder / "teacher.json", (*JSON, *JSON, *BYTES))] * 3,
            *(Original(folder / name, BYTES) for name in STAGE[2]),
        ]

    def __init__(self, corpus, sandbox):
        super().__init__(corpus, sandbox)
        self.content = {o.path.name: o.path.read_bytes() for o in self.originals}
        self.expected = Stage(self.corpus / "run", *STAGE).record

    def judge(self, original, content):
        for name, sound in self.content.items():
            put(self.sandbox / name, sound)
        put(self.sandbox / original.path.name, content)
        return tried(self._read, self._judge)

    def _read(self):
        stage = Stage(self.sandbox, *STAGE)
        return stage.record if stage.is_current() else None

    def _judge(self, record) -> Verdict:
        if record is None:
            return OUTDATED
        unlike = [
            key
            for key in ("summary", "inputs", "outputs", "versions")
            if record.get(key) != self.expected[key]
        ]
        return wrong(f"another {unlike[0]} is current") if unlike else SAME
