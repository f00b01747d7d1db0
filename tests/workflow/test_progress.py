"""Progress is counted in the steps that were announced, also where a recording has several windows."""

import dataclasses

from stressid_keras.analysis.robustness import CORRUPTIONS
from stressid_keras.config import ExportOptions, PipelineConfig, RobustnessConfig, TrainingConfig
from stressid_keras.workflow import Reporter, Run

from .test_run import Recorder, check_bars


def test_no_stage_goes_past_its_end_where_recordings_have_several_windows(tiny_tree, tiny_config, tmp_path):
    once = TrainingConfig(epochs=1, run_eagerly=True)
    config = dataclasses.replace(
        tiny_config,
        preparation=dataclasses.replace(tiny_config.preparation, window_seconds=2.0, hop_seconds=1.0),
        pipeline=PipelineConfig(batch_size=16),
        teacher_training=once,
        student_training=once,
        distillation=dataclasses.replace(tiny_config.distillation, feature_views=2),
        robustness=RobustnessConfig().with_levels({name: () for name in CORRUPTIONS if name != "gain_down"}),
    )
    reporter = Recorder()
    run = Run(tiny_tree, tmp_path / "prepared", tmp_path / "run", config, reporter=reporter)
    run.evaluate(thorough=True)
    run.export(ExportOptions(seconds=1.0, variants=("float32",)))
    check_bars(reporter)
    expected = {
        "prepare",
        "teacher",
        "teacher features",
        "baseline features",
        "robustness",
        "inspection",
        "export",
    }
    assert expected <= {stage for stage, *_ in reporter.bars}
    totals = {stage: total for stage, total, _ in reporter.bars}
    assert totals["prepare"] == totals["baseline features"] == 18  # recordings
    assert totals["robustness"] > 3, "windows of the test part, which has three recordings"
    assert totals["export"] == 2 * totals["robustness"], "windows of test and validation, a person each"


def test_a_stage_that_may_have_nothing_to_do_is_told_once_it_begins_and_ends_with_its_last_step():
    told = []

    class Told(Reporter):
        def started(self, stage, total):
            told.append(("started", stage, total))

        def progress(self, stage, done, values):
            told.append(("progress", stage, done))

        def finished(self, stage):
            told.append(("finished", stage))

    with Told().stage_if_any("nothing"):
        pass
    assert not told
    with Told().stage_if_any("inspect") as progress:
        progress(1, 2)
        progress(2, 2)
        whole = [
            ("started", "inspect", 2),
            ("progress", "inspect", 1),
            ("progress", "inspect", 2),
            ("finished", "inspect"),
        ]
        assert told == whole
    assert told == whole
