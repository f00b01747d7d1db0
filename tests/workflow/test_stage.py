"""A stage is current only if its outputs are whole and made from the same inputs."""

import pytest

from stressid_keras.workflow.stage import Stage


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
