"""The scores as LaTeX: what stands in the tables is what stands in the report, and nothing that LaTeX would read."""

import re

import pytest

from stressid_keras.evaluation import score_run
from stressid_keras.reporting.latex import escaped, latex_table, write_latex_tables
from stressid_keras.reporting.tables import comparison_rows, score_rows

PLAIN = {
    r"\textbackslash{}": "\\",
    r"\textasciitilde{}": "~",
    r"\textasciicircum{}": "^",
    r"\textless{}": "<",
    r"\textgreater{}": ">",
    r"\textbar{}": "|",
    r"\textasciigrave{}": "`",
    r"\texttt{\char34}": '"',
    "$+$": "+",
    "$-$": "-",
    "-{}": "-",
    **{rf"\{sign}": sign for sign in "#$%&_{}"},
}
COMMAND = "|".join(map(re.escape, PLAIN))


def printed(source):
    """What LaTeX would print of a cell; anything that is a command of its own fails."""
    rest = re.sub(COMMAND, "", source)
    assert not re.search(r"[\\{}$&#^_%~]|--", rest), source  # the last would be a dash
    return re.sub(COMMAND, lambda found: PLAIN[found.group()], source)


def read(source):
    """The tables of a file: caption, label, and rows of cells, None for a rule."""
    lines = [line for line in source.splitlines() if not line.startswith("%")]
    tables, line = [], iter([line for line in lines if line])
    for opening in line:
        assert opening == r"\begin{table}"
        assert next(line) == r"\centering\small"
        caption = re.fullmatch(r"\\caption{(.*)}", next(line))[1]
        label = re.fullmatch(r"\\label{([a-z:]+)}", next(line))[1]
        columns = len(re.fullmatch(r"\\begin{tabular}{(lr+)}", next(line))[1])
        assert next(line) == r"\toprule"
        rows = []
        while (row := next(line)) != r"\bottomrule":
            cells = None
            if row != r"\midrule":
                cells = re.split(r"(?<!\\)&", row.removesuffix(r"\\").removeprefix("{}"))
                assert row.endswith(r"\\")
                assert len(cells) == columns
                cells = tuple(printed(cell.strip()) for cell in cells)
            rows.append(cells)
        assert [next(line), next(line)] == [r"\end{tabular}", r"\end{table}"]
        tables.append((printed(caption), label, rows))
    return tables


@pytest.fixture
def tables(tmp_path, run):
    def tables(metrics=run[2], name="tree", **options):
        write_latex_tables(tmp_path / "scores.tex", metrics, name, **options)
        return read((tmp_path / "scores.tex").read_text(encoding="utf-8"))

    return tables


def cells_of(rows):
    return [tuple("--" if cell == "-" else cell for cell in row) for row in rows]


def test_the_tables_hold_the_scores_their_intervals_and_the_differences(tables, run):
    (caption, label, (_, first, *rows)), (_, other, (_, _, *differences)) = tables()
    assert (label, other, first) == ("tab:scores", "tab:differences", None)
    assert [row for row in rows if row] == cells_of(score_rows(run[2]))
    assert rows.count(None) == 1
    assert rows[rows.index(None) + 1][0] == "floor: majority"
    assert differences == cells_of(row[:6] for row in comparison_rows(run[2]))
    assert re.search(r"\[0\.\d+, 0\.\d+\]", str(rows))
    assert "3 subjects" in caption
    assert "95%, expanded percentile bootstrap over subjects, 1000 resamples" in caption
    assert "generated" not in caption


def test_a_sample_that_was_generated_is_called_so(tables):
    assert all("no person was recorded" in caption for caption, *_ in tables(generated=True))


def test_odd_names_are_printed_as_they_are(tables, run, class_names):
    odd = ("50% & #1_{x}", r"\input{~^}", '<a|b>"`---$')
    renamed = run[0].rename(
        columns=dict(zip([f"p_{n}" for n in class_names], [f"p_{n}" for n in odd], strict=True))
    )
    (caption, *_), _ = tables(score_run(renamed, odd, run[1], 0), r"a_tree\of 100%")
    assert all(name in caption for name in (*odd, r"a_tree\of 100%"))


def test_signs_are_minus_signs_and_brackets_do_not_follow_a_line_break():
    assert escaped("student - control: [-0.01, +0.20] of k-means") == (
        "student $-$ control: [$-$0.01, $+$0.20] of k-means"
    )
    assert "{}[a] & -- \\\\" in latex_table(("", "x"), [[("[a]", "-")]], "", "tab:x")
