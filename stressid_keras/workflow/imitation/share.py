"""How much of the label soft labels take, where that is chosen."""

from pathlib import Path

from stressid_keras.config import DistillationConfig
from stressid_keras.provenance import fingerprint
from stressid_keras.workflow.context import RunContext
from stressid_keras.workflow.data import prepare
from stressid_keras.workflow.imitation.forests import forest_inputs, forest_logits
from stressid_keras.workflow.imitation.given import Imitated, units
from stressid_keras.workflow.part_windows import class_probabilities, heard_key, heard_summaries, labels
from stressid_keras.workflow.stage import Stage
from stressid_keras.workflow.teacher_stages import student_rows


def chosen_share(
    context: RunContext, distillation: DistillationConfig, given: Imitated, folder: Path
) -> Stage:
    """Which share of the labels the soft labels of forests take: `share` in the summary, and the `errors` by share.

    Trials of a search have it in common, for it depends on no student.
    """
    from stressid_keras.distillation.label_share import VERSION as version
    from stressid_keras.distillation.label_share import best_share, share_errors

    rows = student_rows(context)["train"]
    inputs = {
        "teacher": given.key,
        "temperature": distillation.temperature,
        "heard": heard_key(context),
        "rows": fingerprint(rows.tolist()),
        "seed": context.config.seed,
        "code": version,
    }
    if context.common_dir:
        folder = context.common / "label_share" / fingerprint(inputs)
    stage = Stage(folder, "label_share", inputs, ())

    def choose():
        values = forest_inputs(context)

        def teach(known, asked):
            logits = forest_logits(context, values, rows[known], rows[asked])
            return class_probabilities(logits / distillation.temperature)

        errors = share_errors(
            heard_summaries(context, rows),
            labels(context, rows),
            units(context)[rows],
            len(prepare(context).class_names),
            teach,
            context.config.seed,
            distillation.permuted,
        )
        return {
            "share": best_share(errors),
            "errors": {f"{share:g}": error for share, error in errors.items()},
        }

    return stage.ensure(choose, context.reporter, "share of the soft labels")
