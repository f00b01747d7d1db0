"""Progress is counted in the steps that were announced, also where a recording has several windows."""

import dataclasses

from stressid_keras.analysis.robustness import CORRUPTIONS
from stressid_keras.config import ExportOptions, PipelineConfig, RobustnessConfig, TrainingConfig
from stressid_keras.workflow import Run

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
