"""Write what documents repeat: rows of a registry (metrics and probes in metrics.md, methods in methods.md, recipes in
recipes.md), and the scripts of examples/ on their pages.

python docs/write_tables.py

A test holds the documents against them.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def metric_rows() -> list[str]:
    """Of the scores of a model."""
    from stressid_keras.evaluation.metrics import MAIN, METRICS, compared_metrics, counted_metrics

    path = "<model>.<split>"
    rows = [
        row(
            f"{path}.n_windows",
            "integer",
            "≥ 1",
            "windows scored; of a cross-validation, answers: every window once per repeat",
        ),
        row(f"{path}.n_subjects", "integer", "≥ 1", "people they are of"),
        *(
            row(f"{path}.{metric.name}", kind(metric), scale(metric), meaning(metric))
            for metric in METRICS.ordered()
        ),
        row(
            f"{path}.confusion_matrix",
            "k lists of k integers",
            "≥ 0",
            "rows: true class, columns: predicted, in the order of `protocol.class_names`",
        ),
    ]
    for name, metric in compared_metrics().items():
        what = (
            "expanded percentile bootstrap interval over subjects (Hesterberg 2015): people are drawn with "
            "replacement, with all their windows; [null, null] with one subject"
            if name == MAIN
            else f"the same of the {metric.title}"
        )
        rows.append(row(f"{path}.{name}_interval", "list [low, high]", metric.range, what))
    rows.append(
        row(
            f"{path}.recordings.n_recordings",
            "integer",
            "≥ 1",
            "recordings; of a cross-validation, once per repeat",
        )
    )
    what = "as above, of recordings: the probabilities of a recording are the mean of its windows'"
    for name, metric in counted_metrics().items():
        rows.append(row(f"{path}.recordings.{name}", kind(metric), metric.range, what))
        what = "likewise"
    return rows


def floor_rows() -> list[str]:
    from stressid_keras.evaluation.metrics import floor_metrics

    return [
        row(
            f"floors.<split>.<floor>_{name}",
            kind(metric),
            metric.range,
            "; ".join(filter(None, ("as of a model", metric.of_floors))),
        )
        for name, metric in floor_metrics().items()
    ]


def probe_rows() -> list[str]:
    from stressid_keras.analysis.probes import PROBES

    return [
        row(f"probes.{probe.name}{key.path}", key.type, key.range, key.meaning, key.present)
        for probe in PROBES.ordered()
        for key in probe.keys
    ]


def method_rows() -> list[str]:
    """Of all ways to distil but the control; + marks those that change other ones."""
    from stressid_keras.distillation import methods_table

    head = 2  # lines, which the document has
    return methods_table().splitlines()[head:]


def recipe_rows() -> list[str]:
    from registry import RECIPES

    return [f"| `{recipe.usage}` | {recipe.summary} |" for recipe in RECIPES.values()]


def kind(metric) -> str:
    return "number or null" if metric.nullable else "number"


def scale(metric) -> str:
    return metric.range + ("; lower is better" if metric.better == "lower" else "")


def meaning(metric) -> str:
    return f"{metric.meaning} ({metric.paper})" if metric.paper else metric.meaning


def row(path: str, kind: str, scale: str, what: str, present: str = "always") -> str:
    return f"| `{path}` | {kind} | {scale} | {what} | {present} |".replace("|  |", "| |")


TABLES = {
    "docs/metrics.md": {"metrics": metric_rows, "floors": floor_rows, "probes": probe_rows},
    "docs/methods.md": {"methods": method_rows},
    "docs/recipes.md": {"recipes": recipe_rows},
}

SCRIPTS = ("distil", "score")  # of examples/, shown by the page of the same name


def with_script(name: str) -> str:
    """The text of an example's page with its script as it is."""
    text = (ROOT / f"docs/examples/{name}.md").read_text(encoding="utf-8")
    code = (ROOT / f"docs/examples/{name}.py").read_text(encoding="utf-8")
    shown = re.compile(r"(<!-- code -->\n```python\n).*?(?=```\n<!-- end -->)", re.DOTALL)
    return shown.sub(lambda match: match[1] + code, text)


def written(document: str) -> str:
    """The text of a document with its rows as the registries have them."""
    text = (ROOT / document).read_text(encoding="utf-8")
    for name, rows in TABLES[document].items():
        table = re.compile(rf"(<!-- {name} -->\n(?:[^\n]*\n){{2}})(?:\|[^\n]*\n)*(?=<!-- end -->)")
        lines = "".join(f"{line}\n" for line in rows())
        text, found = table.subn(lambda match, lines=lines: match[1] + lines, text)
        if found != 1:
            raise ValueError(f"{document} has {found} tables called {name}; expected one.")
    return text


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "recipes"))
    for document in TABLES:
        (ROOT / document).write_text(written(document), encoding="utf-8")
    for name in SCRIPTS:
        (ROOT / f"docs/examples/{name}.md").write_text(with_script(name), encoding="utf-8")
