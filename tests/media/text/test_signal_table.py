"""A text table is understood as a whole, whatever wrote it, or refused with the line: no column is ever shifted."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stressid_keras.errors import RecordingError
from stressid_keras.preprocessing.signals.physiology import load_signals, read_signal_file

EXPECTED = [[0.5, 0.25, -1.5, 2], [5.75, 5.5, 5.25, 6], [-1, 0, 1, 3.5]]
ROWS = list(zip(*EXPECTED, strict=True))


def written(header, row, sep=",", end="\n", decimal=".", last=True):
    """A table of ROWS; `row` makes the fields of a row from its number and its three."""
    lines = [sep.join(header), *(sep.join(row(i, [f"{v:g}" for v in r])) for i, r in enumerate(ROWS))]
    text = end.join(lines) + (end if last else "")
    return text.replace(".", decimal)


def plain(i, fields):
    return fields


NAMES = ["ECG", "EDA", "RR"]
QUOTED = [f'"{name}"' for name in NAMES]
UNDERSTOOD = {
    "index column, header one shorter (R's write.table)": written(
        QUOTED, lambda i, f: [f'"{i + 1}"', *f], " "
    ),
    "the same with tabs, from 0": written(NAMES, lambda i, f: [str(i), *f], "\t"),
    "the same with commas": written(NAMES, lambda i, f: [str(i), *f]),
    "the same with decimal commas": written(NAMES, lambda i, f: [str(501 + i), *f], ";", decimal=","),
    "index column without a name (pandas)": written(["", *NAMES], lambda i, f: [str(i), *f]),
    "index column without a name, quoted (R's write.csv)": written(
        ['""', *QUOTED], lambda i, f: [f'"{i}"', *f]
    ),
    "index column without a name, tabs": written(["", *NAMES], lambda i, f: [f"row{i}", *f], "\t"),
    "separator at the end of rows and header": written([*NAMES, ""], lambda i, f: [*f, ""]),
    "separator at the end of the rows": written(NAMES, lambda i, f: [*f, ""], ";"),
    "separator at the end of the header": written([*NAMES, ""], plain),
    "everything quoted": written(QUOTED, lambda i, f: [f'"{x}"' for x in f]),
    "quoted decimal commas between commas": written(NAMES, lambda i, f: [f'"{x}"' for x in f]).replace(
        ".", ","
    ),
    "single quotes": written([n.replace('"', "'") for n in QUOTED], lambda i, f: [f"'{x}'" for x in f], ";"),
    "decimal commas, semicolons": written(NAMES, plain, ";", decimal=","),
    "decimal commas, tabs": written(NAMES, plain, "\t", decimal=","),
    "decimal commas, spaces": written(NAMES, plain, " ", decimal=","),
    "bars": written(NAMES, plain, "|"),
    "several spaces": written(NAMES, plain, "   "),
    "spaces around semicolons": written(NAMES, plain, " ; "),
    "CR alone": written(NAMES, plain, end="\r"),
    "CRLF, no last end": written(NAMES, plain, end="\r\n", last=False),
    "blank lines": "\n\n" + written(NAMES, plain, end="\n\n") + " \n\n",
    "header behind a comment sign (np.savetxt)": "# " + written(NAMES, plain),
    "comments before the header": "# made by a recorder\n# 500 Hz\n" + written(NAMES, plain),
    "units": written(["ECG [mV]", "EDA (µS)", "RR"], plain),
    "a last line that was cut off": written(NAMES, plain) + "0.5,5",
    "other columns of text": written(["marker", *NAMES], lambda i, f: ["start, then", *f], ";"),
}


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("kind", UNDERSTOOD)
def test_whatever_program_wrote_a_table_its_columns_are_the_right_ones(tmp_path, kind):
    signals = load_signals(write(tmp_path / "a.txt", UNDERSTOOD[kind]))
    np.testing.assert_array_equal([signals[name] for name in ("ecg", "eda", "rr")], EXPECTED)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"])
def test_the_encoding_of_a_table_does_not_matter(tmp_path, encoding):
    text = written(["ECG [µV]", "EDA [µS]", "RR"], plain)
    signals = load_signals(write(tmp_path / "a.txt", text, encoding))
    np.testing.assert_array_equal([signals[name] for name in ("ecg", "eda", "rr")], EXPECTED)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "ECG,EDA,RR\n111,5,937,1161\n110,5,934,1188\n",
            "line 2, has 4 fields; expected 3",
        ),  # 5,937 is 5.937
        ("ECG,EDA,RR\n1,2,3\n4,5,6\n1,5,2,3\n", "line 4, has 4 fields; expected 3"),
        ("ECG,EDA,RR\n1,2,3\n1,2\n1,2,3\n", "line 3, has 2 fields; expected 3"),
        ("\n\nECG,EDA,RR\n\n1,2,3\n\n1,2\n", "line 7, has 2 fields; expected 3"),
        ("ECG,EDA,RR\n1;2;3\n1;2;3\n", "line 2, has 1 field; expected 3"),
        ("ECG\tEDA\tRR\n1 2 3\n", "line 2, has 1 field; expected 3"),
        (
            "ECG EDA RR\n4 .1 2 3\n9 .2 2 3\n",
            "line 2, has 4 fields; expected 3",
        ),  # the first column counts nothing
        ("ECG;EDA;RR\n1.234,5;2;3\n", "line 2: found '1.234,5'"),
        ("ECG;EDA;RR\n987;2;3\n1,002;2;3\n", "line 3: found '1,002'.*mark of thousands"),
        ("ECG;EDA;RR\n1.5;2,5;3\n", "line 2: found '1.5'"),
        ("ECG,EDA,RR\n1,2,3\n0x1F,2,3\n", "line 3: found '0x1F'; expected a number for ECG"),
        ("ECG,EDA,RR\n1,2,3\nECG,EDA,RR\n1,2,3\n", "line 3: found 'ECG'"),
        ("ECG,EDA,RR\n1,2,3\n\n1,1_000,3\n", "line 4: found '1_000'; expected a number for EDA"),
        ("ECG,EDA,RR\n1,2,3\n1,１２,3\n", "line 3: found '１２'"),
        ("ECG,EDA,EDA,RR\n1,2,2,3\n", "2 columns EDA; expected one"),
        ("ECG,EDA,RR\n1,2,\0\n", "not text"),
        ("ECG,EDA,RR\n1,2,3\x0c4,5,6\n", "not text"),
        ('ECG,EDA,RR\n"1,2,3\n4,5,6\n', "quotes that do not match"),
        ("ECG,EDA,RR\n\n \n", "a header and no rows"),
        ("# OpenSignals Text File Format\n# EndOfHeader\n0\t1\t2\n", "no column ECG"),
    ],
)
def test_a_table_that_could_be_read_in_two_ways_is_refused_with_its_line(tmp_path, text, found):
    with pytest.raises(RecordingError, match=found) as error:
        load_signals(write(tmp_path / "2ea4_Stroop.txt", text))
    assert str(error.value).startswith("2ea4_Stroop.txt")


def test_the_decimal_mark_is_that_of_all_rows(tmp_path):
    signals = load_signals(write(tmp_path / "a.txt", "ECG;EDA;RR\n0;0;0\n0,5;5,75;-1\n"))
    np.testing.assert_array_equal(signals["eda"], [0, 5.75])


def test_a_row_of_missing_values_is_a_row(tmp_path):
    signals = load_signals(write(tmp_path / "a.txt", "ECG\tEDA\tRR\n\t\t\n1\tNaN \t3\n"))
    np.testing.assert_array_equal(
        [signals[name] for name in ("ecg", "eda", "rr")], [[np.nan, 1], [np.nan] * 2, [np.nan, 3]]
    )


def test_numbers_beyond_those_that_are_stored_count_as_missing(tmp_path):
    signals = load_signals(write(tmp_path / "a.txt", "ECG,EDA,RR\n1e400,-inf,1e39\n1,2,3\n"))
    assert not any(np.isfinite(signal[0]) for signal in signals.values())


@given(st.binary(max_size=60), st.integers(0, 90))
def test_whatever_a_file_holds_it_is_read_or_refused_in_a_sentence(tmp_path_factory, junk, place):
    path = tmp_path_factory.mktemp("junk") / "a.txt"
    content = written(NAMES, plain).encode()
    path.write_bytes(content[:place] + junk + content[place:])
    with contextlib.suppress(RecordingError):
        assert len({len(signal) for signal in read_signal_file(path).signals.values()}) == 1
