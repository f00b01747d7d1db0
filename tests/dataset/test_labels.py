"""The label table is read as spreadsheets and statistics programs write it, and never one column off."""

import pytest

from stressid_keras.dataset.labels import read_labels
from stressid_keras.errors import DatasetError

COLUMN = "affect3-class"
EXPECTED = {"2ea4_Math": 2, "2ea4_Stroop": 0, "b7k1_Math": 1}
TITLES = ["subject/task", "binary-stress", COLUMN]
ROWS = [["2ea4_Math", "1", "2"], ["2ea4_Stroop", "0", "0"], ["b7k1_Math", "0", "1"]]


def read(folder, content, subjects=(), encoding="utf-8"):
    path = folder / "labels.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return read_labels(path, COLUMN, 3, subjects)


def table(separator=",", end="\n", titles=TITLES, rows=ROWS):
    return end.join(separator.join(row) for row in [titles, *rows]) + end


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n"])
@pytest.mark.parametrize("separator", [",", ";", "\t", " ; ", ", "])
def test_separators_and_line_ends_of_all_systems_are_read(tmp_path, separator, end):
    assert read(tmp_path, table(separator, end)).by_recording == EXPECTED
    quoted = [[f'"{cell}"' for cell in row] for row in (TITLES, *ROWS)]
    assert read(tmp_path, table(separator, end, quoted[0], quoted[1:])).by_recording == EXPECTED


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_encodings_that_programs_write_are_read(tmp_path, encoding):
    rows = [["Zo\u00eb_Math", "1", "2"]]
    assert read(tmp_path, table(rows=rows), encoding=encoding).by_recording == {"Zo\u00eb_Math": 2}


@pytest.mark.parametrize("separator", [";", "\t"])
def test_decimal_commas_are_read_where_commas_separate_nothing(tmp_path, separator):
    rows = [[name, binary, f"{label},0"] for name, binary, label in ROWS]
    assert read(tmp_path, table(separator, rows=rows)).by_recording == EXPECTED


def test_other_separators_in_cells_do_not_mislead(tmp_path):
    titles, rows = [*TITLES, "notes"], [[*row, "good, quiet, long\tand so on"] for row in ROWS]
    assert read(tmp_path, table(";", titles=titles, rows=rows)).by_recording == EXPECTED
    titles = ["subject/task", "a;b;c;d;e", COLUMN]
    assert read(tmp_path, table(",", titles=titles)).by_recording == EXPECTED


def test_what_excel_puts_before_the_header_names_the_separator(tmp_path):
    assert read(tmp_path, "sep=;\r\n" + table(";", "\r\n")).by_recording == EXPECTED


@pytest.mark.parametrize("surplus", [[""], ["", "", ""]])
def test_empty_fields_at_the_end_of_rows_are_left_out(tmp_path, surplus):
    rows = [row + surplus for row in ROWS]
    assert read(tmp_path, table(rows=rows)).by_recording == EXPECTED
    assert read(tmp_path, table(titles=TITLES + surplus, rows=rows)).by_recording == EXPECTED
    assert read(tmp_path, table(titles=TITLES + surplus)).by_recording == EXPECTED


@pytest.mark.parametrize("number", ["{}", '"{}"', "row_{}"])
def test_row_names_that_the_header_leaves_out_shift_nothing(tmp_path, number):
    rows = [[number.format(line), *row] for line, row in enumerate(ROWS, 1)]
    assert read(tmp_path, table(rows=rows)).by_recording == EXPECTED
    assert read(tmp_path, table("\t", titles=["", *TITLES], rows=rows)).by_recording == EXPECTED
    titles = ["", "id", *TITLES[1:]]
    if "row" not in number:
        assert read(tmp_path, table(titles=titles, rows=rows)).by_recording == EXPECTED


def test_recordings_as_row_names_are_read(tmp_path):
    assert read(tmp_path, table(titles=TITLES[1:])).by_recording == EXPECTED


@pytest.mark.parametrize("title", ["subject/task", "id"])
def test_a_split_decimal_comma_is_refused_and_never_shifted(tmp_path, title):
    rows = [[name, binary, label, "0"] for name, binary, label in ROWS]
    with pytest.raises(DatasetError, match="4 fields in every row under 3 titles"):
        read(tmp_path, table(titles=[title, *TITLES[1:]], rows=rows))


def test_a_row_of_too_many_fields_is_refused_with_its_line(tmp_path):
    rows = [*ROWS[:2], ["b7k1_Math", "0", "1", "0"]]
    with pytest.raises(DatasetError, match=r"labels\.csv, line 4: 4 fields under 3 titles"):
        read(tmp_path, table(rows=rows))


def test_a_row_of_another_separator_is_refused_with_its_line(tmp_path):
    with pytest.raises(DatasetError, match=r"labels\.csv, line 5: 'c_Math;0;1' is separated otherwise"):
        read(tmp_path, table() + "c_Math;0;1\n")


def test_a_quotation_mark_that_is_not_closed_swallows_no_rows(tmp_path):
    with pytest.raises(DatasetError, match="a quotation mark is not closed"):
        read(tmp_path, table() + 'c_Math,0,"1\nd_Math,0,1\n')


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    rows = [[*row, "0"] for row in ROWS]
    with pytest.raises(DatasetError, match=f"2 columns '{COLUMN}'; expected one"):
        read(tmp_path, table(titles=[*TITLES, COLUMN], rows=rows))


def test_the_columns_may_stand_in_any_order(tmp_path):
    rows = [row[::-1] for row in ROWS]
    assert read(tmp_path, table(titles=TITLES[::-1], rows=rows)).by_recording == EXPECTED


@pytest.mark.parametrize("label", ["1_0", "0_1", "1,0", "--", "0x1", "true", "nan1", "9" * 5000])
def test_a_label_that_only_looks_like_a_number_is_refused(tmp_path, label):
    with pytest.raises(DatasetError) as caught:
        read(tmp_path, table(rows=[*ROWS, ["c_Math", "0", f'"{label}"']]))
    assert "line 5" in str(caught.value)
    assert len(str(caught.value)) <= 600


def test_subjects_with_underscores_are_those_who_have_a_folder(tmp_path):
    rows = [["sub_01_Math", "0", "1"], ["sub_Math", "0", "2"], ["sub_01/Stroop", "0", "0"]]
    found = read(tmp_path, table(rows=rows), subjects=("sub", "sub_01"))
    assert found.by_recording == {"sub_01_Math": 1, "sub_Math": 2, "sub_01_Stroop": 0}
    assert found.subjects == {"sub_01_Math": "sub_01", "sub_Math": "sub", "sub_01_Stroop": "sub_01"}


def test_two_subjects_of_one_recording_are_refused(tmp_path):
    rows = [["sub/01_Math", "0", "1"], ["sub_01/Math", "0", "1"]]
    with pytest.raises(
        DatasetError, match="sub_01_Math is of subject 'sub_01' and, in a row above, of 'sub'"
    ):
        read(tmp_path, table(rows=rows))


@pytest.mark.parametrize(
    "name", ['"c\nd_Math"', "../e_Math", "a/b/e_Math", "f\\g_Math", "h\x1b_Math", "Total", "_Math"]
)
def test_what_names_no_recording_is_left_out_and_said(tmp_path, name):
    found = read(tmp_path, table(rows=[*ROWS, [name, "0", "1"]]))
    assert found.by_recording == EXPECTED
    assert len(found.misnamed) == 1
    assert found.misnamed[0].isprintable()
