"""A stage is current only if its outputs are whole and made from the same inputs."""

import shutil

import pytest

from stressid_keras.errors import StaleError
from stressid_keras.provenance import write_sealed
from stressid_keras.workflow.stage import Stage, read_record, read_result

from ..json_files import edit_json


def stage(folder, **inputs):
    return Stage(folder, "training", {"seed": 0, **inputs}, ("model.txt",))


def write(folder, text="model"):
    return lambda: (folder / "model.txt").write_text(text) and {"score": 1}


def test_finished_stage_is_current(tmp_path):
    assert not stage(tmp_path).is_current()
    record = stage(tmp_path).run(write(tmp_path))
    assert stage(tmp_path).is_current()
    assert stage(tmp_path).record == record
    assert {"inputs", "versions", "seconds", "outputs"} <= set(record)


def test_changed_input_makes_it_stale(tmp_path):
    stage(tmp_path).run(write(tmp_path))
    assert not stage(tmp_path, seed=1).is_current()


@pytest.mark.parametrize("spoil", [lambda file: file.unlink(), lambda file: file.write_text("other")])
def test_lost_or_changed_output_makes_it_stale(tmp_path, spoil):
    stage(tmp_path).run(write(tmp_path))
    spoil(tmp_path / "model.txt")
    assert not stage(tmp_path).is_current()


def drawing(folder, *names):
    def work():
        for name in names:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(name)
        return {"files": names}

    return work


def test_files_that_only_the_work_can_name_are_outputs_too(tmp_path):
    def stage(**inputs):
        return Stage(tmp_path, "report", inputs, (), ("figures",))

    record = stage().run(drawing(tmp_path, "figures/a.svg", "figures/b.svg"))
    assert set(record["outputs"]) == {"figures/a.svg", "figures/b.svg"}
    assert stage().is_current()
    (tmp_path / "figures" / "own.svg").write_text("of a user")
    stage(seed=1).run(drawing(tmp_path, "figures/b.svg"))
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == ["b.svg", "own.svg"]
    (tmp_path / "figures" / "b.svg").write_text("other")
    assert not stage(seed=1).is_current()


def test_a_record_that_names_files_elsewhere_makes_none_of_them_go(tmp_path):
    here = tmp_path / "run"
    stage = Stage(here, "report", {}, (), ("figures",))
    stage.run(drawing(here, "figures/a.svg"))
    others = [tmp_path / "kept.txt", here / "kept.txt"]
    for other in others:
        other.write_text("kept")
    record = stage.record
    record["outputs"] |= {"../kept.txt": "", "figures/../kept.txt": "", "kept.txt": "", str(others[0]): ""}
    write_sealed(stage.record_path, record)
    stage.run(drawing(here, "figures/a.svg"))
    assert all(other.is_file() for other in others)


def test_interrupted_work_is_not_believed(tmp_path):
    stage(tmp_path).run(write(tmp_path))

    def interrupted():
        (tmp_path / "model.txt").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stage(tmp_path).run(interrupted)
    assert not stage(tmp_path).is_current()


def test_result_of_earlier_inputs_does_not_outlive_a_refusal(tmp_path):
    stage(tmp_path).run(write(tmp_path))

    def refused():
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        stage(tmp_path, seed=1).run(refused)
    assert not (tmp_path / "model.txt").exists()


def test_damaged_record_is_no_record(tmp_path):
    stage(tmp_path).run(write(tmp_path))
    (tmp_path / "training.json").write_text('{"stage"')
    assert not stage(tmp_path).is_current()


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record["summary"].update(score=2),
        lambda record: record.pop("summary"),
        lambda record: record.pop("outputs"),
        lambda record: record.update(seconds="long"),
        lambda record: record["inputs"].update(seed=3),
        lambda record: record.pop("seal"),
        lambda record: record.update(summary=None, seal=None),
    ],
)
def test_changed_record_is_no_record(tmp_path, change):
    stage(tmp_path).run(write(tmp_path))
    edit_json(tmp_path / "training.json", change)
    assert not stage(tmp_path).is_current()
    with pytest.raises(
        StaleError, match=r"training\.json is damaged, was changed or is of an earlier version"
    ):
        read_record(tmp_path, "training")
    stage(tmp_path).run(write(tmp_path))
    assert read_record(tmp_path, "training")["summary"] == {"score": 1}


@pytest.mark.parametrize("content", ["", "[]", "null", "3", '"text"', "[" * 100_000, "\ufffe"])
def test_anything_else_in_the_place_of_a_record_is_a_sentence(tmp_path, content):
    (tmp_path / "training.json").write_text(content)
    assert not stage(tmp_path).is_current()
    with pytest.raises(StaleError, match=r"training\.json is damaged"):
        read_record(tmp_path, "training")
    with pytest.raises(StaleError, match=r"absent\.json is missing"):
        read_record(tmp_path, "absent")


def test_folder_removed_while_a_stage_works_is_a_sentence(tmp_path):
    folder = tmp_path / "run"

    def removed():
        shutil.rmtree(folder)
        return {"score": 1}

    with pytest.raises(StaleError, match="run was removed or replaced while it was in use; run again"):
        stage(folder).run(removed)
    with pytest.raises(StaleError, match="was removed or replaced while it was in use"):
        stage(folder).run(lambda: [removed(), write(folder)()])


def test_output_that_is_lost_before_the_record_is_a_sentence(tmp_path):
    with pytest.raises(StaleError, match="lost what training had written there"):
        stage(tmp_path).run(lambda: None)
    assert not (tmp_path / "training.json").exists()


def test_result_that_is_gone_or_changed_is_a_sentence(tmp_path):
    (tmp_path / "metrics.json").write_text("[1]")
    for name in ("metrics.json", "absent.json"):
        with pytest.raises(StaleError, match=f"{name} was removed or changed while it was in use"):
            read_result(tmp_path / name)


def test_full_disk_names_a_file(tmp_path):
    def full():
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space") as raised:
        stage(tmp_path).run(full)
    assert raised.value.filename == str(tmp_path)
