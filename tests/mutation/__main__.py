"""By hand: python -m tests.mutation --inputs 10000 --seed 7 --keep DIR

Damages small files of every kind, lets the readers read them in child processes, and prints what became of them.
"""

import argparse
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from .campaign import kinds_of_faults, run, shares, table
from .corpus import build_corpus
from .readers import READERS


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--inputs", type=int, default=10_000, help="in all, divided among the readers [10000]"
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--first", type=int, default=0, help="number of each reader's first input [0]")
    parser.add_argument("--readers", nargs="+", choices=list(READERS), default=list(READERS), metavar="NAME")
    parser.add_argument("--jobs", type=int, default=1, help="processes; each takes some of the readers [1]")
    parser.add_argument("--corpus", type=Path, help="folder of the sound files, made if it is not there")
    parser.add_argument("--keep", type=Path, help="folder for the inputs with a fault")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpus = arguments.corpus or Path(folder, "corpus")
        if not corpus.exists():
            corpus.mkdir(parents=True)
            build_corpus(corpus)
        findings = []
        portions = divided(shares(arguments.inputs, arguments.readers), arguments.jobs)

        def work(numbered):
            number, wanted = numbered
            sandbox = Path(folder, f"sandbox{number}")
            for finding in run(corpus, sandbox, wanted, arguments.seed, arguments.keep, arguments.first):
                findings.append(finding)

        with ThreadPoolExecutor(arguments.jobs) as threads:
            list(threads.map(work, enumerate(portions)))
    print(table(findings))
    for count, example in kinds_of_faults(findings):
        print(f"{count:5d}  {example.reader}: {example.verdict.kind}: {example.verdict.detail}")
        print(f"       such as number {example.number} of seed {example.seed}, {example.original}")
    return int(any(finding.verdict.is_fault for finding in findings))


def divided(wanted: list[tuple[str, int]], jobs: int) -> list[list[tuple[str, int]]]:
    """The readers by process: those that need Keras together, for its import takes long."""
    ordered = sorted(wanted, key=lambda pair: READERS[pair[0]].needs_keras)
    return (
        [part for part in (ordered[number::jobs] for number in range(jobs)) if part]
        if jobs > 1
        else [ordered]
    )


if __name__ == "__main__":
    sys.exit(main())
