import shutil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from stressid_keras.analysis.probes import PROBES, ProbeInputs, duplicate_subjects
from stressid_keras.dataset import SyntheticConfig, make_synthetic_tree
from stressid_keras.errors import StressIDError


def pairs(found):
    return [(pair["first"], pair["second"]) for pair in found]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    config = SyntheticConfig(subjects=7, tasks=4, seconds=2.0)
    return make_synthetic_tree(tmp_path_factory.mktemp("trees") / "people", config)


def copy_subject(root, subject, name, tasks=None):
    """The files and labels of a subject once more under another name."""
    for folder in ("Audio", "Videos", "Physiological"):
        for path in sorted((root / folder / subject).iterdir()):
            if tasks is None or path.stem.partition("_")[2] in tasks:
                target = root / folder / name / path.name.replace(subject, name)
                target.parent.mkdir(exist_ok=True)
                shutil.copy(path, target)
    labels = (root / "labels.csv").read_text()
    rows = [row.replace(subject, name) for row in labels.splitlines() if row.startswith(subject)]
    kept = [row for row in rows if tasks is None or row.partition("_")[2].partition(",")[0] in tasks]
    (root / "labels.csv").write_text(labels + "\n".join(kept) + "\n")


def test_a_subject_whose_files_are_copied_under_another_name_is_flagged(tree, tmp_path, file_features):
    root = shutil.copytree(tree, tmp_path / "tree")
    features, subjects, recordings = file_features(root)
    assert duplicate_subjects(features, subjects, recordings) == []
    copy_subject(root, subjects[0], "zz99")
    found = duplicate_subjects(*file_features(root))
    assert pairs(found) == [(subjects[0], "zz99")]
    assert found[0]["identical_recordings"] == 4
    assert found[0]["n_recordings"] == 8
    assert found[0]["p_value"] < 0.05
    assert found[0]["share"] > 1


def test_one_copied_recording_is_enough(tree, tmp_path, file_features):
    root = shutil.copytree(tree, tmp_path / "tree")
    _, subjects, _ = file_features(root)
    copy_subject(root, subjects[0], "zz99", tasks=["Stroop"])
    found = duplicate_subjects(*file_features(root))
    assert pairs(found) == [(subjects[0], "zz99")]
    assert found[0]["identical_recordings"] == 1


def test_copies_are_found_among_two_subjects_where_no_test_is_possible():
    features = np.random.default_rng(0).normal(size=(3, 5))
    found = duplicate_subjects([*features, *features], list("aaabbb"), list("123456"))
    assert pairs(found) == [("a", "b")]
    assert found[0]["p_value"] is None


def divide(subjects, name, rng):
    """Half of a person's recordings under another name."""
    rows = np.flatnonzero(subjects == name)
    divided = subjects.copy()
    divided[rng.choice(rows, len(rows) // 2, replace=False)] = "zzz"
    return divided


@pytest.mark.parametrize(("n_people", "traits", "strength"), [(8, 40, 2), (12, 10, 3), (26, 40, 1)])
def test_a_person_divided_between_two_names_is_found_where_features_identify_people(
    people, n_people, traits, strength
):
    rng, found = np.random.default_rng(0), []
    for _ in range(20):
        features, subjects, recordings = people(rng, n_people, traits, strength, recordings=(7, 11))
        found.append(pairs(duplicate_subjects(features, divide(subjects, "p00", rng), recordings)))
    assert sum(("p00", "zzz") in each for each in found) >= 16
    assert sum(len(each) for each in found) <= sum(("p00", "zzz") in each for each in found) + 1


@pytest.mark.parametrize("strength", [0, 0.5, 1, 2])
@pytest.mark.parametrize(
    ("n_people", "traits", "times"), [(6, 3, 60), (6, 40, 60), (12, 10, 40), (26, 3, 10)]
)
def test_different_people_are_rarely_taken_for_one(people, n_people, traits, strength, times):
    rng = np.random.default_rng(1)
    alarms = sum(
        bool(duplicate_subjects(*people(rng, n_people, traits, strength, columns=60))) for _ in range(times)
    )
    assert alarms <= binom.ppf(0.99, times, 0.05)


def test_two_people_who_merely_resemble_each_other_most_are_not_taken_for_one(people):
    """Every recording of either finds the other before a third person, which blind chance would not explain."""
    features, subjects, recordings = people(
        np.random.default_rng(2), 20, traits=40, strength=3, recordings=(6, 6)
    )
    first, second = subjects == "p00", subjects == "p01"
    features[second] += 0.5 * (features[first].mean(axis=0) - features[second].mean(axis=0))
    distances = np.linalg.norm(features[:, None] - features, axis=2)
    distances[subjects[:, None] == subjects] = np.inf
    assert (subjects[distances.argmin(axis=1)][first] == "p01").all()
    assert duplicate_subjects(features, subjects, recordings) == []


def test_voices_that_a_speech_encoder_takes_for_one_are_not_flagged(people):
    """It was made to put a speaker's recordings together; the probe asks the measures that were not."""
    rng = np.random.default_rng(5)
    features, subjects, recordings = people(rng, 12, 40, 1, recordings=(8, 8), columns=60)
    encoder, _, _ = people(rng, 12, 40, 4, recordings=(8, 8), columns=600)
    first, second = subjects == "p00", subjects == "p01"
    encoder[second] += encoder[first].mean(axis=0) - encoder[second].mean(axis=0)
    own = [f"audio_{index}" for index in range(features.shape[1])]
    heard = [f"speech_{index}" for index in range(encoder.shape[1])]
    inputs = ProbeInputs(
        availability=pd.DataFrame(),
        failures=None,
        folds=[],
        class_names=(),
        seed=0,
        unseen={},
        measures=pd.DataFrame(np.hstack([features, encoder]), columns=own + heard),
        measure_groups={"audio": own, "speech": heard},
        subjects=subjects,
        recordings=recordings,
    )
    assert pairs(duplicate_subjects(encoder, subjects, recordings)) == [("p00", "p01")]
    assert pairs(duplicate_subjects(inputs.measures.to_numpy(), subjects, recordings)) == [("p00", "p01")]
    assert PROBES["duplicates"].run(inputs) == []
    inputs.measures.loc[second, own] = inputs.measures.loc[first, own].to_numpy()
    assert pairs(PROBES["duplicates"].run(inputs)) == [("p00", "p01")]


def test_one_person_under_three_names_is_found_and_nobody_else(people):
    features, subjects, recordings = people(
        np.random.default_rng(3), 16, traits=40, strength=3, recordings=(9, 9)
    )
    names = subjects.copy()
    names[np.flatnonzero(subjects == "p00")[3:]] = ["x"] * 3 + ["y"] * 3
    found = pairs(duplicate_subjects(features, names, recordings))
    assert found
    assert set(found) <= {("p00", "x"), ("p00", "y"), ("x", "y")}


def test_windows_of_a_recording_count_as_one(people):
    features, subjects, recordings = people(np.random.default_rng(4), 10, traits=40, strength=2)
    once = duplicate_subjects(features, divide(subjects, "p00", np.random.default_rng(0)), recordings)
    twice = duplicate_subjects(
        np.repeat(features, 3, axis=0),
        np.repeat(divide(subjects, "p00", np.random.default_rng(0)), 3),
        np.repeat(recordings, 3),
    )
    assert pairs(once) == pairs(twice)
    np.testing.assert_allclose([p["p_value"] for p in once], [p["p_value"] for p in twice])


def test_holes_and_constant_columns_do_not_hide_copies_and_recordings_without_features_are_none(people):
    rng = np.random.default_rng(5)
    features, subjects, recordings = people(rng, 8, traits=10, strength=2)
    features[rng.random(features.shape) < 0.1] = np.nan
    features[:, 3], features[:, 4] = np.nan, 7.0
    copied = subjects == "p00"
    empty = np.full((4, features.shape[1]), np.nan)
    found = duplicate_subjects(
        np.concatenate([features, features[copied], empty]),
        [*subjects, *["copy"] * copied.sum(), "e", "e", "f", "f"],
        [*recordings, *(f"copy{n}" for n in range(copied.sum())), "e1", "e2", "f1", "f2"],
    )
    assert pairs(found) == [("copy", "p00")]


@settings(max_examples=60)
@given(st.integers(0, 14), st.integers(0, 4), st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_few_and_strange_rows_are_no_trouble(rows, columns, n_subjects, seed):
    rng = np.random.default_rng(seed)
    features = np.where(
        rng.random((rows, columns)) < 0.2, np.nan, rng.integers(4, size=(rows, columns)) * 1e3
    )
    found = duplicate_subjects(features, rng.integers(n_subjects, size=rows), rng.integers(4, size=rows))
    for pair in found:
        assert pair["first"] < pair["second"]
        assert pair["p_value"] is None or 0 <= pair["p_value"] <= 1


def test_names_that_do_not_fit_the_features_are_refused():
    with pytest.raises(StressIDError, match="expected"):
        duplicate_subjects(np.zeros((2, 3)), ["a"], ["1", "2"])
