"""Many damaged inputs through child processes, and what became of them."""

import contextlib
import multiprocessing
import os
import shutil
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .readers import READERS
from .verdicts import FAULTS, GOOD, Verdict
from .worker import work

LONGEST = 20.0  # seconds for one small input: more is a hang, if the process worked for half of them
MOST = 120.0  # seconds after which it is one in any case: on a busy machine others work most of the time
STARTING = 480.0  # seconds in which a process imports what it needs, on a busy machine


@dataclass(frozen=True)
class Finding:
    """One input and its verdict."""

    reader: str
    seed: int
    number: int
    original: str
    verdict: Verdict
    seconds: float


class Child:
    """A process that reads; a new one takes its place when it is lost."""

    def __init__(self, corpus: Path, sandbox: Path):
        self.corpus, self.sandbox = corpus, sandbox
        self._process = None

    def judge(self, reader: str, seed: int, number: int) -> Finding:
        self._start()
        self._connection.send((reader, seed, number))
        original = self._receive(STARTING)
        if original is None or original[0] != "begun":
            self.close()
            reason = original[1] if original else "no process could be started"
            return Finding(reader, seed, number, "", Verdict("broken", reason), 0.0)
        began = time.monotonic()
        worked = self._worked()
        answer = self._receive(LONGEST)
        while answer is None and self._process.is_alive() and self._worked() - worked < LONGEST / 2:
            if time.monotonic() - began > MOST:
                break
            answer = self._receive(1)
        seconds = time.monotonic() - began
        if answer is not None:
            verdict = Verdict(*answer[1])
        elif self._process.is_alive():
            verdict = Verdict("hang", f"more than {LONGEST:g} s")
        else:
            self._process.join(5)
            verdict = Verdict("crash", f"exit status {self._process.exitcode}")
        if verdict.kind in ("hang", "crash", "burst"):
            self.close()
        return Finding(reader, seed, number, original[1], verdict, seconds)

    def close(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.join()
        self._connection.close()
        self._process = None

    def _start(self) -> None:
        if self._process is not None:
            return
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self.sandbox.mkdir(parents=True, exist_ok=True)
        self._process = context.Process(
            target=work, args=(theirs, str(self.corpus), str(self.sandbox)), daemon=True
        )
        with _importable():
            self._process.start()
        theirs.close()

    def _worked(self) -> float:
        """Seconds of processor time of the process, where the system tells."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _receive(self, seconds: float):
        try:
            return self._connection.recv() if self._connection.poll(seconds) else None
        except (EOFError, ConnectionError):
            return None


@contextlib.contextmanager
def _importable() -> Iterator[None]:
    """A process that starts here finds this package, whatever pytest does to the path."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    try:
        yield
    finally:
        del sys.path[0]


def run(
    corpus: Path,
    sandbox: Path,
    wanted: Iterable[tuple[str, int]],
    seed: int,
    keep: Path | None = None,
    first: int = 0,
) -> Iterator[Finding]:
    """Findings of so many inputs of each reader; one process reads them all, one after the other.

    Args:
        wanted: (reader, number of inputs).
        keep: folder for the inputs with a fault.
        first: number of the first input.
    """
    child = Child(corpus, sandbox)
    try:
        for reader, count in wanted:
            for number in range(first, first + count):
                finding = child.judge(reader, seed, number)
                if keep and finding.verdict.is_fault:
                    _keep(keep, finding, sandbox / "input")
                yield finding
                if not finding.original:  # the reader cannot even be opened
                    break
    finally:
        child.close()


def shares(inputs: int, names: Iterable[str] = READERS) -> list[tuple[str, int]]:
    """So many inputs divided among readers as their `share`s say, at least one each."""
    names = list(names)
    total = sum(READERS[name].share for name in names)
    return [(name, max(1, round(inputs * READERS[name].share / total))) for name in names]


def table(findings: Iterable[Finding]) -> str:
    """A row per reader: inputs, each verdict, and the longest time."""
    counts, slowest = defaultdict(Counter), defaultdict(float)
    for finding in findings:
        counts[finding.reader][finding.verdict.kind] += 1
        slowest[finding.reader] = max(slowest[finding.reader], finding.seconds)
    kinds = (*GOOD, *FAULTS)
    rows = [("reader", "inputs", *kinds, "slowest/s")]
    for reader, found in counts.items():
        rows.append((reader, sum(found.values()), *(found[kind] for kind in kinds), f"{slowest[reader]:.1f}"))
    total = sum(counts.values(), Counter())
    rows.append(
        (
            "all",
            sum(total.values()),
            *(total[kind] for kind in kinds),
            f"{max(slowest.values(), default=0):.1f}",
        )
    )
    return "\n".join(
        "  ".join(str(cell).ljust(24) if i == 0 else str(cell).rjust(9) for i, cell in enumerate(row))
        for row in rows
    )


def kinds_of_faults(findings: Iterable[Finding]) -> list[tuple[int, Finding]]:
    """Faults that look alike, as their number and one of them; the most frequent first."""
    groups = defaultdict(list)
    for finding in findings:
        if finding.verdict.is_fault:
            detail = "".join("#" if mark.isdigit() else mark for mark in finding.verdict.detail)
            groups[finding.reader, finding.verdict.kind, detail[:70]].append(finding)
    return sorted(((len(group), group[0]) for group in groups.values()), key=lambda pair: -pair[0])


def _keep(folder: Path, finding: Finding, content: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{finding.reader}-{finding.seed}-{finding.number}-{finding.original}".replace("/", "_").replace(
        " ", "_"
    )
    shutil.copyfile(content, folder / name)
    with open(folder / "findings.txt", "a", encoding="utf-8", errors="replace") as file:
        file.write(f"{name}\t{finding.verdict.kind}\t{finding.verdict.detail!r}\n")
