"""The model card of a run: what the student is, what it is for, how it was measured, and what it cannot do.

After M. Mitchell et al., "Model Cards for Model Reporting", FAT* 2019, doi:10.1145/3287560.3287596.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from stressid_keras.analysis.probes import PROBES
from stressid_keras.evaluation.predictions import SPLITS
from stressid_keras.provenance import write_text
from stressid_keras.reporting.card_scores import (
    audit_lines,
    difference_table,
    elsewhere_tables,
    fairness_table,
    reading_lines,
    robustness_table,
    split_score_table,
)
from stressid_keras.reporting.card_texts import (
    ABSENT_PART,
    CITATION,
    CODE_LICENCE,
    ETHICS,
    HOW_MEASURED,
    INTENDED,
    LOADING,
    LOADING_TFLITE,
    OTHER_LICENCE,
    OUT_OF_SCOPE,
    SEED,
    SMALL_GROUPS,
    STRESSID_LICENCE,
    UNTRIED,
)
from stressid_keras.reporting.configuration_text import (
    filled,
    looked_up,
    network_sentences,
    training_sentences,
)
from stressid_keras.reporting.elsewhere import MEAN_READING, READING, UNHEARD
from stressid_keras.reporting.markdown import bullets, escaped, table
from stressid_keras.reporting.tables import seeds_text
from stressid_keras.reporting.texts import COMPARISON_READING, UNSEEN, learning_sentences


def write_model_card(
    path: Path,
    *,
    metrics: dict,
    config: dict,
    versions: dict[str, str],
    class_names: Sequence[str],
    data_name: str,
    license_note: str | None = None,
) -> None:
    """Write `model_card.md`, made from the arguments alone; what they lack, the card says that it lacks.

    It names no subject: whom a probe names, such as `metrics["probes"]["duplicates"]`, is blotted out of
    `metrics["findings"]`.

    Args:
        path: of the file; it appears complete or not at all.
        metrics: the content of `metrics.json`.
        config: `RunConfig.to_dict()`.
        versions: of the software.
        class_names: k names.
        data_name: name of the tree.
        license_note: a paragraph (Markdown) on the licence of the data, such as `card_texts.SYNTHETIC_LICENCE`;
            without it, that of StressID if the tree is called so, and otherwise a hint to the data's own.
    """
    sections = {
        "Model details": _details(config, metrics, versions, class_names),
        "Intended use": bullets(INTENDED) + "\n\nOut of scope:\n\n" + bullets(OUT_OF_SCOPE),
        "Data and protocol": _data(metrics, class_names, data_name),
        "Scores": _scores(metrics, config),
        "Other data": _other_data(metrics),
        "Robustness": robustness_table(metrics) or ABSENT_PART,
        "Fairness": _noted(fairness_table(metrics), SMALL_GROUPS),
        "Ethical considerations": bullets(ETHICS),
        "Findings and caveats": _caveats(metrics),
        "Licence": f"{license_note or data_licence(data_name)}\n\n{CODE_LICENCE}\n\n{_citations(metrics)}",
        "How to load it": _loading(config),
        "Versions": table(
            ("software", "version"),
            [(escaped(name), escaped(version)) for name, version in versions.items()],
        ),
    }
    title = f"# Model card: stress from speech, trained on {escaped(data_name)}"
    body = "\n\n".join(f"## {name}\n\n{text}" for name, text in sections.items())
    write_text(path, f"{title}\n\n{body}\n")


def _details(config: dict, metrics: dict, versions: dict, class_names: Sequence[str]) -> str:
    lines = [f"A network that takes speech and gives a probability for each of {_listed(class_names)}."]
    lines += network_sentences(config)
    lines += _method_lines(metrics.get("method") or {})
    lines += [*training_sentences(config), *filled([SEED], config)]
    if version := versions.get("stressid_keras"):
        lines.append(f"Software: stressid\\_keras {escaped(version)}.")
    return bullets(lines)


def _method_lines(method: dict) -> list[str]:
    """The loss and what stands in it, one line each."""
    loss = [f"Loss of the student: {escaped(method['loss'])}."] if method.get("loss") else []
    return [*loss, *map(escaped, method.get("sentences") or ())]


def _citations(metrics: dict) -> str:
    papers = (metrics.get("method") or {}).get("papers") or ()
    return " ".join([f"Distillation: {'; '.join(map(escaped, papers))}."] * bool(papers) + [CITATION])


def _data(metrics: dict, class_names: Sequence[str], data_name: str) -> str:
    protocol = metrics.get("protocol") or {}
    parts = protocol.get("splits") or {}
    lines = [f"Data: {escaped(data_name)}; classes {_listed(class_names)}."]
    if name := protocol.get("name"):
        seeds = f", {seeds_text(protocol)}" if protocol.get("seeds") else ""
        lines.append(f"Protocol: {escaped(name)}{seeds}. {UNSEEN}")
    lines.append("The student and its control are scored on recordings that have audio only.")
    if not parts:
        return bullets([*lines, "How many people and windows there were was not recorded."])
    rows = []
    for part in SPLITS:
        if found := parts.get(part):
            counts = found.get("class_counts") or {}
            numbers = [found.get("n_subjects"), found.get("n_windows"), *map(counts.get, class_names)]
            rows.append((part, *("unknown" if value is None else str(value) for value in numbers)))
    header = ("part", "subjects", "windows", *map(escaped, class_names))
    return bullets(lines) + "\n\n" + table(header, rows)


def _scores(metrics: dict, config: dict) -> str:
    scored = split_score_table(metrics, "test")
    if not scored:
        return "No scores on test subjects were recorded."
    differences = difference_table(metrics, "test")
    pieces = [
        " ".join(map(escaped, learning_sentences(metrics, config))),
        scored,
        HOW_MEASURED,
        differences and f"{differences}\n\n{COMPARISON_READING}",
        bullets(reading_lines(metrics, "test")),
    ]
    return "\n\n".join(filter(None, pieces))


def _other_data(metrics: dict) -> str:
    if not (pieces := elsewhere_tables(metrics)):
        return f"{ABSENT_PART} {UNTRIED}"
    several = any(tested["protocol"]["n_trainings"] > 1 for tested in metrics["also_tested"])
    return "\n\n".join([f"{UNHEARD} {READING}", *pieces, *[MEAN_READING] * several])


def _noted(scores: str, note: str) -> str:
    return f"{scores}\n\n{note}" if scores else ABSENT_PART


def _caveats(metrics: dict) -> str:
    probed = metrics.get("probes") or {}
    results = [(probe, found) for probe in PROBES.ordered() if (found := probed.get(probe.name))]
    names = {name for probe, found in results for name in probe.subjects_named(found)}
    lines = [_blotted(escaped(sentence), names) for sentence in metrics.get("findings") or ()]
    lines += [caveat for probe, found in results if (caveat := probe.caveat(found))]
    lines += audit_lines(metrics)
    protocol = metrics.get("protocol") or {}
    if meaning := protocol.get("interval"):
        lines.append(escaped(meaning))
    n_subjects = ((protocol.get("splits") or {}).get("test") or {}).get("n_subjects")
    if n_subjects is not None:
        lines.append(f"The scores rest on {n_subjects} {'person' if n_subjects == 1 else 'people'}.")
    return bullets(lines) or "None were recorded."


def _blotted(text: str, names: set[str]) -> str:
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(rf"(?<![^\W_]){re.escape(escaped(name))}(?![^\W_])", "(a subject)", text)
    return text


def data_licence(data_name: str) -> str:
    """A paragraph on the licence of the data, by the name of their tree."""
    return STRESSID_LICENCE if data_name.casefold() == "stressid" else OTHER_LICENCE


def _loading(config: dict) -> str:
    rate = looked_up(config, "preparation.audio.sample_rate") or "same rate,"
    return f"{LOADING}\n\n{LOADING_TFLITE.format(rate=rate)}"


def _listed(class_names: Sequence[str]) -> str:
    return ", ".join(map(escaped, class_names))
