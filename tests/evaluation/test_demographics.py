import pandas as pd
import pytest

from stressid_keras.errors import StressIDError
from stressid_keras.evaluation.demographics import read_demographics


def read(folder, text, name="demographics.csv"):
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    table = read_demographics(folder)
    return dict(zip(table["subject"], table["group"], strict=True))


def test_a_tree_without_the_file_has_none(tmp_path):
    assert read_demographics(tmp_path) is None


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separator_title_case_and_byte_order_mark_do_not_matter(tmp_path, separator):
    rows = [
        ("Age", "Subject ID", "GENDER"),
        ("31", "0012", " F "),
        ("40", "3e12", "male"),
        ("28", "c", "Woman"),
    ]
    text = "\ufeff" + "\r\n".join(separator.join(row) for row in rows) + "\r\n\r\n"
    assert read(tmp_path, text, "Demographics.CSV") == {"0012": "female", "3e12": "male", "c": "female"}


def test_codes_are_kept_and_empty_cells_are_not_stated(tmp_path):
    found = read(tmp_path, "id,sex\na,1\nb,0\nc,\nd,W\ne,Non-binary\nf,n/a\ng\n,f\n")
    assert found == {
        "a": "1",
        "b": "0",
        "c": "not stated",
        "d": "w",
        "e": "non-binary",
        "f": "not stated",
        "g": "not stated",
    }


def test_a_title_of_its_own_wins_over_one_that_holds_the_word(tmp_path):
    assert read(tmp_path, "session_id,subject,sex\n1,a,F\n2,b,M\n") == {"a": "female", "b": "male"}
    assert read(tmp_path, "participants,sex assigned\na,F\n") == {"a": "female"}


def test_a_subject_named_twice_alike_is_one(tmp_path):
    assert read(tmp_path, "subject,sex\na,F\na,female\n") == {"a": "female"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"\0\0\0subject", "cannot be read"),
        (b"subject,age\na,31\n", "no column titled sex or gender; found 'subject', 'age'"),
        (b"name,sex\na,F\n", "no column titled subject or id or participant"),
        (b"Subject ID Age Sex\n2ea4 31 F\n", "has one column, 'Subject ID Age Sex', for subject and sex"),
        (b"subject,sex\na,F\na,M\n", "subject a 'female' and 'male'"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, text, words):
    (tmp_path / "demographics.csv").write_bytes(text)
    with pytest.raises(StressIDError, match=words) as caught:
        read_demographics(tmp_path)
    assert str(tmp_path / "demographics.csv") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_header_alone_gives_an_empty_table(tmp_path):
    (tmp_path / "demographics.csv").write_text("subject,sex\n")
    table = read_demographics(tmp_path)
    assert isinstance(table, pd.DataFrame)
    assert table.empty
    assert list(table.columns) == ["subject", "group"]
