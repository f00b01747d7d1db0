"""The method of a run as text for a paper, with its own numbers and what to cite: to be shortened, not completed."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from stressid_keras.analysis.probes.sentences import count, joined
from stressid_keras.evaluation.comparisons import PERMUTATIONS
from stressid_keras.evaluation.floors import FLOORS
from stressid_keras.evaluation.metrics import MAIN, METRICS, compared_metrics, counted_metrics
from stressid_keras.evaluation.metrics.calibration import BINS
from stressid_keras.evaluation.models import BASELINE_NAMES, NETWORKS
from stressid_keras.evaluation.predictions import SPLITS
from stressid_keras.provenance import write_text
from stressid_keras.reporting.card_texts import CITATION, SYNTHETIC_LICENCE
from stressid_keras.reporting.configuration_text import hears_speech, network_sentences, training_sentences
from stressid_keras.reporting.evidence import Evidence
from stressid_keras.reporting.markdown import escaped
from stressid_keras.reporting.tables import class_counts_text, seeds_text
from stressid_keras.reporting.texts import UNSEEN

ENCODER_PAPER = (
    "L. Wan, Q. Wang, A. Papir, I. Lopez Moreno, “Generalized End-to-End Loss for Speaker Verification”, ICASSP 2018, "
    "arXiv:1710.10467"
)
INTERVAL_PAPER = (
    "T. Hesterberg, “What Teachers Should Know About the Bootstrap”, The American Statistician 69, 2015, "
    "doi:10.1080/00031305.2015.1089789"
)
CALIBRATION_PAPER = (
    "C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, “On Calibration of Modern Neural Networks”, ICML 2017, "
    "arXiv:1706.04599"
)


class References:
    """What is cited, numbered in the order of its first mention."""

    def __init__(self):
        self.texts: list[str] = []

    def cite(self, texts: Sequence[str]) -> str:
        """The numbers of these texts in brackets, with a space before; nothing for none."""
        self.texts += [text for text in dict.fromkeys(texts) if text not in self.texts]
        numbers = [str(self.texts.index(text) + 1) for text in dict.fromkeys(texts)]
        return f" [{', '.join(numbers)}]" if numbers else ""


def write_methods_text(path: Path, evidence: Evidence, generated: bool = False) -> None:
    """Write `methods.md`: data, division, networks, method, training, scores, software, and the references.

    It names no subject.

    Args:
        path: of the file; it appears complete or not at all.
        evidence: of one split or of many folds.
        generated: whether no person was recorded, which the text then says.
    """
    references = References()
    paragraphs = (
        _data(evidence, references, generated),
        _division(evidence),
        _networks(evidence, references),
        _method(evidence, references),
        _scores(evidence, references),
        _software(evidence),
    )
    body = "\n\n".join(" ".join(sentences) for sentences in paragraphs)
    listed = "\n".join(f"{number}. {escaped(text)}" for number, text in enumerate(references.texts, start=1))
    write_text(path, f"# Method\n\n{body}\n\n## References\n\n{listed}\n")


def _data(evidence: Evidence, references: References, generated: bool) -> list[str]:
    table = evidence.predictions
    asked = table[table["model"].isin(NETWORKS)]
    windows = asked.drop_duplicates(["recording", "window"])
    shares = ", ".join(
        f"{escaped(name)} {(windows['label'] == index).sum()}"
        for index, name in enumerate(evidence.class_names)
    )
    named = evidence.data_name.casefold() == "stressid"
    source = references.cite([CITATION.removeprefix("StressID: ").rstrip(".")] if named else [])
    counted = (
        _people(windows["subject"].nunique()),
        count(windows["recording"].nunique(), "recording"),
        f"{count(len(windows), 'window')} ({shares})",
    )
    return [
        f"The data are {escaped(evidence.data_name)}{source}: {joined(counted)} that have audio and all that the "
        "teacher learns from.",
        *([SYNTHETIC_LICENCE] if generated else []),
    ]


def _division(evidence: Evidence) -> list[str]:
    protocol = evidence.metrics["protocol"]
    if evidence.has_folds:
        parts = pd.DataFrame([{part: len(split[part]) for part in SPLITS} for split in evidence.splits])
        sizes = ", ".join(f"{_span(parts[part])} in {name}" for part, name in _PART_NAMES.items())
        return [
            f"Scores are cross-validated: {escaped(protocol['name'])}, {seeds_text(protocol)}, each of which also "
            f"decides the first weights and the order of the batches; {len(evidence.splits)} trainings of each "
            f"network, with {sizes}.",
            "Every person is tested once in each repeat, by networks that were trained and chosen on other people.",
        ]
    parts = "; ".join(
        f"{_PART_NAMES[part]} {_people(found['n_subjects'])}, "
        f"{count(found['n_windows'], 'window')} ({escaped(class_counts_text(found))})"
        for part in SPLITS
        if (found := protocol["splits"].get(part))
    )
    return [f"The people were divided once, {seeds_text(protocol)}: {parts}.", UNSEEN]


_PART_NAMES = {"train": "training", "val": "validation", "test": "test"}


def _span(numbers: pd.Series) -> str:
    low, high = numbers.min(), numbers.max()
    return _people(low) if low == high else f"{low} to {high} people"


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def _networks(evidence: Evidence, references: References) -> list[str]:
    encoder = references.cite([ENCODER_PAPER]) if hears_speech(evidence.config) else ""
    sizes = [
        f"the {name} has {size:,} weights"
        for model, name in (("student", "student"), ("teacher", "teacher"))
        if (size := evidence.network_sizes.get(model))
    ]
    counted = f"{joined(sizes)}, those of normalisations and of pretrained parts among them." if sizes else ""
    described = network_sentences(evidence.config)
    if encoder:
        described = [described[0].rstrip(".") + f"{encoder}.", *described[1:]]
    return [*described, counted[:1].upper() + counted[1:]] if counted else described


def _method(evidence: Evidence, references: References) -> list[str]:
    method = evidence.metrics.get("method") or {}
    learned = method.get("learned_from", "The student hears audio only.")
    loss = f"Its loss is {escaped(method['loss'])}." if method.get("loss") else ""
    return [
        escaped(learned).rstrip(".") + f"{references.cite(method.get('papers') or ())}.",
        *filter(None, [loss]),
        *map(escaped, method.get("sentences") or ()),
        "The control is the same student, from the same first weights, trained with cross-entropy alone.",
        *training_sentences(evidence.config),
    ]


def _scores(evidence: Evidence, references: References) -> list[str]:
    metrics, protocol = evidence.metrics, evidence.metrics["protocol"]
    names = [metric.title for metric in counted_metrics().values()]
    compared = joined([metric.title for metric in compared_metrics().values()])
    floors = joined(list(FLOORS.values()))
    baselines = [name for name in metrics.get("baselines") or () if name in BASELINE_NAMES]
    trained = f", and {count(len(baselines), 'classical baseline')} on the same parts" if baselines else ""
    return [
        f"We report {joined(names)} of windows, the {METRICS[MAIN].title} first; UAR is the unweighted average recall.",
        f"Intervals of {compared} hold {protocol['confidence']:.0%}: the expanded percentile bootstrap"
        f"{references.cite([INTERVAL_PAPER])} over subjects, each drawn with all of its windows, "
        f"{protocol['bootstrap_resamples']:,} resamples.",
        escaped(protocol["interval"]),
        f"Differences between networks are paired by subject; p is that of exchanging the two networks' predictions of "
        f"whole subjects, in all ways or in {PERMUTATIONS:,} at random.",
        f"Beside the networks stand floors that need no recording ({floors}){trained}.",
        f"Calibration is the expected calibration error{references.cite([CALIBRATION_PAPER])}, over {BINS} bins.",
    ]


def _software(evidence: Evidence) -> list[str]:
    versions = ", ".join(f"{escaped(name)} {escaped(version)}" for name, version in evidence.versions.items())
    return [f"Software: {versions}."]
