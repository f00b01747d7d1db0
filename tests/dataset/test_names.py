"""Which part of a recording's name is the subject's, and which names can be used at all."""

import pytest

from stressid_keras.dataset.names import canonical, is_usable, split_name


@pytest.mark.parametrize(
    ("name", "subjects", "parts"),
    [
        ("2ea4_Speaking", (), ("2ea4", "Speaking")),
        ("2ea4_Video_1", ("2ea4",), ("2ea4", "Video_1")),
        ("sub_01_Math", ("sub_01",), ("sub_01", "Math")),
        ("sub_01_Math", ("sub",), ("sub", "01_Math")),
        ("sub_01_Math", ("sub", "sub_01"), ("sub_01", "Math")),
        ("sub_1_Math", ("sub_01",), ("sub", "1_Math")),
        ("_a_Math", ("_a",), ("_a", "Math")),
        ("a.b 1_Math 2.0", (), ("a.b 1", "Math 2.0")),
        ("0012_0", (), ("0012", "0")),
        ("Total", ("Total",), None),
        ("_Math", (), None),
        ("sub_", ("sub",), None),
        ("", (), None),
    ],
)
def test_the_longest_known_subject_is_the_subject(name, subjects, parts):
    assert split_name(name, subjects) == parts


def test_an_accent_is_one_however_it_is_written():
    assert canonical("Jose\u0301") == canonical("Jos\u00e9") == "Jos\u00e9"


@pytest.mark.parametrize(
    "name", ["a\nb", "a\rb", "a\0b", "a/b", "a\\b", "a\u2028b", "a\x1bb", "a\udcffb", "a\tb", "..", ""]
)
def test_a_name_that_breaks_tables_or_paths_is_unusable(name):
    assert not is_usable(name)
    assert is_usable("\u00c9t\u00e9 1.5, 'x'")
