"""What a student imitates: of strangers, of itself, of somebody else, and measures."""

import dataclasses

import numpy as np
import pytest

from stressid_keras.config import DistillationConfig, RunConfig
from stressid_keras.distillation import heard_measures, with_methods
from stressid_keras.distillation.heard_measures import Judged
from stressid_keras.errors import StressIDError
from stressid_keras.preprocessing.measures import column_names
from stressid_keras.store.encoding import from_stored
from stressid_keras.workflow import Run, compute_teacher_features, prepare
from stressid_keras.workflow.data import measure_windows
from stressid_keras.workflow.imitation import forests, regressed
from stressid_keras.workflow.imitation.cross_fitted import teachers_before
from stressid_keras.workflow.imitation.imitated import imitated
from stressid_keras.workflow.part_windows import heard_summaries
from stressid_keras.workflow.stage import read_record
from stressid_keras.workflow.student_stages import distil_variant, train_control
from stressid_keras.workflow.teacher_stages import student_rows
from stressid_keras.workflow.training import load_trained


@pytest.fixture(scope="module")
def context(tiny_tree, tiny_config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("imitated")
    return Run(tiny_tree, folder / "prepared", folder / "run", tiny_config).context


def given(context, text, **options):
    return imitated(context, with_methods(text, DistillationConfig(cross_fit_parts=2, **options)))


def test_by_default_it_is_the_teacher(context):
    found, own = given(context, "mars").outputs, compute_teacher_features(context)
    for part in ("train", "val"):
        assert found[part].keys() == own[part].keys()
        for name, values in own[part].items():
            np.testing.assert_array_equal(found[part][name], values)


def test_nobody_is_judged_by_a_teacher_that_saw_them(context):
    cross_fitted, own = given(context, "logits+cross-fit"), compute_teacher_features(context)
    for name, values in cross_fitted.outputs["train"].items():
        assert values.shape == own["train"][name].shape
        assert np.isfinite(values).all()
        assert (np.abs(values - own["train"][name]).max(axis=1) > 0).all(), name
        np.testing.assert_array_equal(cross_fitted.outputs["val"][name], own["val"][name])
    subjects = prepare(context).manifest["subject"].to_numpy()[student_rows(context)["train"]]
    folder = context.output_dir / "cross_fit" / "teacher-2"
    taught = [(folder / str(number) / "teacher.json").stat().st_mtime_ns for number in (1, 2)]
    assert len(set(subjects)) > 2
    again = given(context, "logits+cross-fit")
    assert again.key == cross_fitted.key
    assert [(folder / str(number) / "teacher.json").stat().st_mtime_ns for number in (1, 2)] == taught


def test_born_again_knows_logits_alone(context):
    """Also of networks that were trained before, side by side, as on a cluster."""
    distillation = with_methods("generalised+born-again", DistillationConfig(cross_fit_parts=2))
    _, apart = teachers_before([distillation, with_methods("mars", DistillationConfig())])
    assert len(apart) == 2
    for function, *arguments in apart:
        function(context, *arguments)
    trained = list((context.output_dir / "cross_fit" / "student_ce-2").glob("*/student_ce.keras"))
    before = [path.stat().st_mtime_ns for path in trained]
    found = given(context, "generalised+born-again").outputs
    assert len(trained) == 2
    assert [path.stat().st_mtime_ns for path in trained] == before
    rows = student_rows(context)
    for part in ("train", "val"):
        assert {name: values.shape for name, values in found[part].items()} == {
            "logits": (len(rows[part]), 3)
        }
    with pytest.raises(StressIDError, match="born-again gives logits alone, and mars compares features"):
        given(context, "mars+born-again")


def test_a_forest_knows_logits_alone_and_not_the_person(context, monkeypatch):
    asked, logits = [], forests.forest_logits

    def asked_logits(context, values, train, rows):
        asked.append((set(train), set(rows)))
        return logits(context, values, train, rows)

    monkeypatch.setattr(forests, "forest_logits", asked_logits)
    subjects = prepare(context).manifest["subject"].to_numpy()
    found = given(context, "generalised+forest").outputs
    assert found["train"].keys() == {"logits"}
    assert (np.exp(found["train"]["logits"]).sum(axis=1) > 0.99).all()
    assert sorted(row for _, rows in asked[:-1] for row in rows) == sorted(student_rows(context)["train"])
    given(context, "generalised+forest")
    assert len(asked) == 3, "both parts and the people to validate on, once"
    for train, rows in asked:
        assert not {subjects[row] for row in train} & {subjects[row] for row in rows}
    with pytest.raises(StressIDError, match="forest gives logits alone, and contrastive compares features"):
        given(context, "contrastive+forest")


def test_permuted_outputs_are_of_the_same_person_and_class(context, monkeypatch):
    said = []
    monkeypatch.setattr(type(context.reporter), "warn", lambda self, text: said.append(text))
    own = given(context, "mars")
    monkeypatch.setattr(
        "stressid_keras.workflow.imitation.imitated.labels", lambda context, rows: np.zeros(len(rows))
    )
    permuted = given(context, "mars+permuted")
    assert own.key != permuted.key
    people = prepare(context).manifest["subject"].to_numpy()[student_rows(context)["train"]]
    before, after = (np.concatenate([*found.outputs["train"].values()], axis=1) for found in (own, permuted))
    for row, values in enumerate(after):
        (place,) = np.flatnonzero((before == values).all(axis=1))
        assert people[place] == people[row]
        assert place != row
    np.testing.assert_array_equal(own.outputs["val"]["ecg"], permuted.outputs["val"]["ecg"])
    assert not said


def test_outputs_of_a_persons_only_recording_of_a_class_go_to_another_person(context):
    own, permuted = given(context, "mars").outputs["train"], given(context, "mars+permuted").outputs["train"]
    rows = student_rows(context)["train"]  # each of the tiny tree's people has one recording of a class
    manifest = prepare(context).manifest.iloc[rows]
    before, after = (np.concatenate([*found.values()], axis=1) for found in (own, permuted))
    for row, values in enumerate(after):
        (place,) = np.flatnonzero((before == values).all(axis=1))
        assert manifest["subject"].iloc[place] != manifest["subject"].iloc[row]
        assert manifest["label"].iloc[place] == manifest["label"].iloc[row]


def test_that_there_is_nothing_to_exchange_is_said(context, monkeypatch):
    said = []
    monkeypatch.setattr(type(context.reporter), "warn", lambda self, text: said.append(text))
    monkeypatch.setattr(
        "stressid_keras.workflow.imitation.imitated.labels", lambda context, rows: np.arange(len(rows))
    )
    given(context, "mars+permuted")
    assert said[0].startswith("permuted changes nothing: no class has two training windows")


CHOSEN = "generalised+forest+chosen-share"


def trained(context, text, folder):
    stage = distil_variant(context, "student_x", with_methods(text, DistillationConfig()), folder)
    return stage, load_trained(stage.folder, "student_x")


def test_the_chosen_share_is_what_the_student_learns_from(context, monkeypatch):
    stage, _ = trained(context, CHOSEN, "chosen")
    choice = read_record(stage.folder, "label_share")["summary"]
    assert set(choice["errors"]) == {"0", "0.5", "1"}
    assert stage.record["inputs"]["distillation"]["imitation"] == choice["share"]
    monkeypatch.setattr("stressid_keras.distillation.label_share.share_errors", None)  # it is stored
    reused = {}
    monkeypatch.setattr(
        type(context.reporter), "reused", lambda self, stage, files: reused.update({stage: files})
    )
    again, _ = trained(context, CHOSEN, "chosen")
    assert again.fingerprint == stage.fingerprint
    assert reused["share of the soft labels"] == [stage.folder / "label_share.json"]


def test_where_soft_labels_would_harm_the_student_is_the_control(context, monkeypatch):
    monkeypatch.setattr("stressid_keras.distillation.label_share.best_share", lambda errors: 0.0)
    stage, student = trained(context, CHOSEN, "labels_alone")
    assert stage.record["inputs"]["distillation"]["imitation"] == 0
    control = load_trained(train_control(context).folder, "student_ce")
    for own, other in zip(student.get_weights(), control.get_weights(), strict=True):
        np.testing.assert_array_equal(own, other)


def test_students_that_hear_no_speech_have_their_log_mels_asked(context):
    rows = student_rows(context)["train"]
    summaries = heard_summaries(context, rows)
    assert summaries.shape == (len(rows), 2 * context.config.preparation.audio.n_mels)
    picture = from_stored(prepare(context).read(rows[1], "audio"), "audio")
    np.testing.assert_allclose(summaries[1, :32], picture.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(summaries[1, 32:], picture.std(axis=0), rtol=1e-5)


def test_measures_come_along_relative_to_the_person_where_the_teachers_are(context):
    plain = given(context, "measures").outputs["train"]
    assert {"video_measures", "ecg_measures", "eda_measures", "rr_measures"} <= plain.keys()
    with_person = dataclasses.replace(context.config.teacher, measures="person")
    other = context.branch(config=dataclasses.replace(context.config, teacher=with_person))
    relative = imitated(other, with_methods("measures", DistillationConfig())).outputs["train"]
    subjects = prepare(context).manifest["subject"].to_numpy()[student_rows(context)["train"]]
    for person in set(subjects):
        means = relative["video_measures"][subjects == person].mean(axis=0)
        np.testing.assert_allclose(means - relative["video_measures"].mean(axis=0), 0, atol=1e-4)
    assert (
        np.abs(
            plain["video_measures"] - relative["video_measures"][:, : plain["video_measures"].shape[1]]
        ).max()
        > 0.1
    )


def judging(kept):
    """A judge who keeps those measures of so many that a function of their places says."""
    return lambda heard, measures, *rest: Judged(
        np.where(kept(np.arange(measures.shape[1])), 0.5, -0.5), np.zeros(measures.shape[1])
    )


def elsewhere(context, name):
    return context.branch(output_dir=context.output_dir.with_name(name))


def test_only_what_can_be_heard_is_regressed(context, monkeypatch):
    monkeypatch.setattr(heard_measures, "judged_measures", judging(lambda places: places % 3 == 0))
    other = elsewhere(context, "hearable")
    whole, some = given(other, "measures"), given(other, "measures+hearable")
    assert whole.key != some.key
    found = read_record(other.output_dir, "hearable")["summary"]["measures"]
    assert list(found) == ["video", "ecg", "eda", "rr"]
    first = 0
    for modality, each in found.items():
        name = f"{modality}_measures"
        assert whole.outputs["train"][name].shape[1] == each["of"] == each["needed"]
        places = [place for place in range(each["of"]) if (first + place) % 3 == 0]
        assert len(places) == len(each["kept"]) == each["audible"]
        for part in ("train", "val"):
            np.testing.assert_array_equal(some.outputs[part][name], whole.outputs[part][name][:, places])
        first += each["of"]
    assert set(found["eda"]["kept"]) < set(column_names("eda"))
    assert "video_pixel_0_0" in found["video"]["kept"]


def test_where_nothing_can_be_heard_the_student_is_the_control(context, monkeypatch):
    monkeypatch.setattr(heard_measures, "judged_measures", judging(lambda places: places < 0))
    stage, student = trained(elsewhere(context, "deaf"), "measures+hearable", "deaf")
    assert stage.record["inputs"]["distillation"]["measures"] == 0
    control = load_trained(train_control(context).folder, "student_ce")
    for own, other in zip(student.get_weights(), control.get_weights(), strict=True):
        np.testing.assert_array_equal(own, other)


def test_what_can_be_heard_is_asked_of_the_training_people_alone(context, monkeypatch):
    """Whatever is measured and heard of others."""
    train, store = student_rows(context)["train"], prepare(context)
    others = np.setdiff1d(np.arange(len(store)), train)
    generator = np.random.default_rng(0)
    state = store.manifest["label"].to_numpy()[:, None] - 1.0
    measured = {
        name: np.concatenate([state, generator.normal(size=(len(store), values.shape[1] - 1))], axis=1)
        for name, values in measure_windows(context).items()
    }
    heard = np.concatenate([state, generator.normal(size=(len(store), 3))], axis=1)
    heard = heard + 0.1 * generator.normal(size=heard.shape)
    monkeypatch.setattr(regressed, "measured", lambda context: measured)
    monkeypatch.setattr(regressed, "heard_summaries", lambda context, rows: heard[rows])
    found = []
    for folder in ("asked", "asked_again"):
        found.append(regressed.hearable_measures(elsewhere(context, folder)).record["summary"])
        heard[others] += 100.0
        for values in measured.values():
            values[others] = np.where(others[:, None] % 2, np.nan, 1000.0)
    assert found[0] == found[1]
    assert any(each["kept"] for each in found[0]["measures"].values())


def test_report_and_metrics_say_which_measures_were_kept(tiny_tree, tiny_config, tmp_path, monkeypatch):
    monkeypatch.setattr(heard_measures, "judged_measures", judging(lambda places: places < 2))
    config = dataclasses.replace(
        tiny_config, distillation=with_methods("measures+hearable", DistillationConfig())
    )
    metrics = Run(tiny_tree, tmp_path / "prepared", tmp_path / "run", config).evaluate()
    (found,) = metrics["method"]["hearable"]
    assert found["video"]["kept"] == ["video_pixel_0_0", "video_pixel_0_1"]
    assert found["ecg"]["kept"] == []
    whole = sum(each["of"] for each in found.values())
    assert metrics["method"]["sentences"][-1].startswith(
        f"Of {whole} measures, 2 were kept: video 2 of {found['video']['of']}, ECG 0 of {found['ecg']['of']}, "
    )
    text = (tmp_path / "run" / "model_card.md").read_text(encoding="utf-8")
    assert f"Of {whole} measures, 2 were kept" in text


def test_views_have_the_measures_of_their_window(context):
    views = dataclasses.replace(
        context.config, distillation=dataclasses.replace(context.config.distillation, feature_views=2)
    )
    other = context.branch(config=views, output_dir=context.output_dir.with_name("views"))
    distillation = with_methods("mars+measures", views.distillation)
    found = imitated(other, distillation).outputs["train"]
    assert found["ecg"].shape[1] == found["ecg_measures"].shape[1] == 3
    with pytest.raises(StressIDError, match="cross-fitted teachers have no feature_views"):
        imitated(other, dataclasses.replace(distillation, imitated="cross-fit"))


@pytest.mark.parametrize("text", ["measures", "mars+measures+cross-fit+permuted", "generalised+born-again"])
def test_students_learn_so(context, text):
    stage = distil_variant(
        context,
        "student_x",
        with_methods(text, DistillationConfig(cross_fit_parts=2)),
        text.replace("+", "_"),
    )
    history = (stage.folder / "history_student_x.csv").read_text().splitlines()
    assert ("measures" in history[0]) == ("measures" in text)
    assert "nan" not in history[-1].lower()


def test_card_and_report_say_which_share_was_chosen(tiny_tree, tiny_config, tmp_path):
    config = dataclasses.replace(tiny_config, distillation=RunConfig().distillation)
    run = Run(tiny_tree, tmp_path / "prepared", tmp_path / "run", config)
    metrics = run.evaluate()
    (share,) = metrics["method"]["shares"]
    assert share == read_record(tmp_path / "run", "label_share")["summary"]["share"]
    for name in ("report.html", "model_card.md"):
        text = (tmp_path / "run" / name).read_text(encoding="utf-8")
        assert f"λ = {share:g} was chosen." in text, name
        assert "from the labels and cross-fitted forests" in text, name
    known = metrics["teacher_knowledge"]
    assert known.keys() == {"trained", "forests"}
    report = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert f"{known['trained']:.3f}; of forests that had not seen them, {known['forests']:.3f}" in report


def test_the_report_says_what_teachers_know_of_the_people_they_teach(tiny_tree, tiny_config, tmp_path):
    config = dataclasses.replace(
        tiny_config, distillation=with_methods("logits+cross-fit", DistillationConfig(cross_fit_parts=2))
    )
    run = Run(tiny_tree, tmp_path / "prepared", tmp_path / "run", config)
    metrics = run.evaluate()
    assert metrics["teacher_knowledge"].keys() == {"trained", "cross_fitted"}
    assert all(0 <= value <= 1 for value in metrics["teacher_knowledge"].values())
    known = f"{metrics['teacher_knowledge']['trained']:.3f}; of teachers that had not seen them, "
    assert f"What the teacher knows of the people it teaches: macro F1 on its training people {known}" in (
        tmp_path / "run" / "report.html"
    ).read_text(encoding="utf-8")
