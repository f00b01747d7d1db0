r"""The scores as tables for LaTeX, to be `\input` as they are: they need booktabs and nothing else."""

import re
from collections.abc import Sequence
from pathlib import Path

from stressid_keras.provenance import write_text
from stressid_keras.reporting.card_texts import SYNTHETIC_LICENCE
from stressid_keras.reporting.tables import (
    ABSENT,
    comparison_header,
    comparison_rows,
    score_header,
    score_rows,
    score_title,
)

HEAD = r"""% Scores of the report beside this file. In the preamble: \usepackage{booktabs}
% Names that are not in Latin letters also need LuaLaTeX or XeLaTeX and a font that has theirs."""
SPECIAL = {
    **{sign: rf"\{sign}" for sign in "#$%&_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    '"': r"\texttt{\char34}",
}
SIGN = re.compile(r"(?<![\w.])([+-])(?=\d)|(?<= )(-)(?= )")  # of a number, or between two things
DIFFERENCES = 6  # columns of the comparisons: main metric, interval, p, effect size, people needed


def write_latex_tables(path: Path, metrics: dict, data_name: str, generated: bool = False) -> None:
    """Write `scores.tex`: the test scores with their intervals and floors, and the differences paired by subject.

    Args:
        path: of the file; it appears complete or not at all.
        metrics: the content of `metrics.json`.
        data_name: of the tree.
        generated: whether no person was recorded, which the captions then say.

    Raises:
        StressIDError: there are no test scores.
    """
    protocol, title = metrics["protocol"], score_title(metrics)
    note = f" {SYNTHETIC_LICENCE}" if generated else ""
    intervals = (
        f"Intervals: {protocol['confidence']:.0%}, expanded percentile bootstrap over subjects, "
        f"{protocol['bootstrap_resamples']} resamples."
    )
    rows = score_rows(metrics)
    models = [row for row in rows if not row[0].startswith("floor: ")]
    floors = [row for row in rows if row[0].startswith("floor: ")]
    tables = [
        latex_table(
            score_header(metrics),
            [models, floors],
            f"Scores on {data_name}, {title}. {intervals} A floor needs no recording.{note}",
            "tab:scores",
        )
    ]
    if differences := comparison_rows(metrics):
        caption = f"Differences on {data_name}, paired by subject, {title}. {intervals}{note}"
        columns = [row[:DIFFERENCES] for row in (comparison_header(metrics), *differences)]
        tables.append(latex_table(columns[0], [columns[1:]], caption, "tab:differences"))
    write_text(path, "\n\n".join([HEAD, *tables]) + "\n")


def latex_table(
    header: Sequence[str], groups: Sequence[Sequence[Sequence[str]]], caption: str, label: str
) -> str:
    """A `table` of cells that are plain text: the first column flush left, the others flush right.

    Args:
        header: a name per column.
        groups: rows of as many cells, with a rule between one group and the next.
        caption, label: of the table.
    """
    bodies = ["\n".join(_row(row) for row in group) for group in groups if group]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering\small",
            rf"\caption{{{escaped(caption)}}}",
            rf"\label{{{label}}}",
            rf"\begin{{tabular}}{{l{'r' * (len(header) - 1)}}}",
            r"\toprule",
            _row(header),
            r"\midrule",
            "\n\\midrule\n".join(bodies),
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]
    )


def escaped(text: str) -> str:
    """Any text on one line, so that LaTeX prints it as it stands; the sign of a number as one."""
    line = "".join(SPECIAL.get(letter, letter) for letter in " ".join(str(text).split()))
    return SIGN.sub(r"$\g<0>$", re.sub("-(?=-)", "-{}", line))


def _row(cells: Sequence[str]) -> str:
    shown = ["--" if cell == ABSENT else escaped(cell) for cell in cells]
    # An empty group first: a row that begins with [ would be the length of the line break before it.
    return "{}" * shown[0].startswith(("[", "*")) + " & ".join(shown) + r" \\"
