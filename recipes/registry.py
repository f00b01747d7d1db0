"""The recipes: what the documents, `--help` and the tests know of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field

FACES = {"--crop face": "faces"}
DASK = {"--backend dask": "dask"}
MLFLOW = {"--mlflow": "mlflow"}


@dataclass(frozen=True)
class Recipe:
    """A script of this folder.

    Attributes:
        name: of its file, without `.py`.
        summary: what it does, with everything it needs; its row of docs/recipes.md.
        example: a command, which its docstring shows too.
        takes: what it must be given besides options.
        tiny: options that keep it short beside `--smoke`.
        leaves: files in the output folder afterwards, as patterns.
        alone: whether it runs with a data set and nothing else; the others have tests of their own.
        needs: extras of the package; none for what the light install brings.
        options: those that need an extra besides, and which.
    """

    name: str
    summary: str
    example: str
    takes: str = ""
    tiny: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    alone: bool = True
    needs: tuple[str, ...] = ("train",)
    options: Mapping[str, str] = field(default_factory=lambda: FACES)

    @property
    def usage(self) -> str:
        return f"{self.name}.py {self.takes}".strip()


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "prepare",
            "windows of every recording, in a store that checks what it reads; `--backend dask --scheduler "
            "ADDRESS` works on a cluster whose workers see the same files at the same paths (`pip install -e "
            '".[dask]"`); `--png` also writes the windows as images',
            "python recipes/prepare.py --data-dir PATH/TO/StressID",
            options=FACES | DASK,
        ),
        Recipe(
            "show",
            "one recording as a picture; `--augmentations` for what training makes of it "
            "([examples](pictures.md))",
            "python recipes/show.py --data-dir PATH/TO/StressID --recording 2ea4_Stroop",
            tiny=("--augmentations",),
            leaves=("pictures/*-0.png", "pictures/*-0-augmentations.png"),
        ),
        Recipe(
            "train_teacher",
            "the teacher",
            "python recipes/train_teacher.py --data-dir PATH/TO/StressID",
            leaves=("teacher.keras", "history_teacher.csv", "teacher.json", "split.json"),
        ),
        Recipe(
            "distill",
            "the main job: runs every step, from preparation to report and TFLite",
            "python recipes/distill.py --data-dir PATH/TO/StressID",
            options=FACES | MLFLOW,
            tiny=("--tensorboard",),
            leaves=(
                "config.json",
                "tensorboard/student/train/events.*",
                "student.keras",
                "student_ce.keras",
                "metrics.json",
                "predictions.csv",
                "report.html",
                "student.tflite",
                "student_fp16.tflite",
                "student_int8.tflite",
                "student_mediapipe.tflite",
                "export.json",
            ),
        ),
        Recipe(
            "evaluate",
            "scores, probes, robustness, report and model card; `--folds 5 --repeats 3 --jobs 2` or "
            "`--leave-one-out` tests everybody, can be interrupted, and runs on a cluster with `--backend dask`; "
            "`--also-test TREE` also scores the students on other data, of which labels and sound files suffice",
            "python recipes/evaluate.py --data-dir PATH/TO/StressID --folds 5 --repeats 3 --jobs 2",
            options=FACES | DASK | MLFLOW,
            leaves=(
                "metrics.json",
                "predictions.csv",
                "scores.csv",
                "subjects.csv",
                "robustness.csv",
                "inspection.npz",
                "report.html",
                "model_card.md",
                "figures/*.svg",
                "figures/*.png",
                "figures/*.csv",
                "scores.tex",
                "methods.md",
            ),
        ),
        Recipe(
            "compare",
            "which way to distil helps: methods and seeds on the same folds, each compared with the control, as "
            "table and figure ([methods](methods.md))",
            "python recipes/compare.py --data-dir PATH/TO/StressID --folds 5 --repeats 3 --jobs 2",
            options=FACES | DASK,
            leaves=(
                "comparison/comparison.html",
                "comparison/comparison.csv",
                "comparison/figures/methods.svg",
            ),
        ),
        Recipe(
            "ablate",
            "which of α to δ help: a student for every subset of the modalities, on the same folds, as table "
            "and figure",
            "python recipes/ablate.py --data-dir PATH/TO/StressID --folds 5 --repeats 3 --jobs 2",
            options=FACES | DASK,
            leaves=("ablation/ablation.html", "ablation/ablation.csv", "ablation/figures/subsets.svg"),
        ),
        Recipe(
            "export_tflite",
            "the student as four TFLite files, checked against Keras on people it was not trained on; "
            "`--student PATH.keras` exports any run's, `--seconds 5` for another window, `--variants float32 "
            "int8` some of the files",
            "python recipes/export_tflite.py --data-dir PATH/TO/StressID",
            tiny=("--seconds", "2", "--variants", "float32", "int8"),
            leaves=("student_int8.tflite", "export.json"),
        ),
        Recipe(
            "predict",
            "an exported student's probabilities over time, as table, `--json`, `--csv` or `--plot`; without "
            'TensorFlow, any length and rate; M4A, MP4 and WebM with PyAV (`pip install -e ".[formats]"`)',
            "python recipes/predict.py talk.wav --model saved_models/sample/student.tflite",
            takes="FILE or FOLDER …",
            alone=False,
            needs=(),
            options={"--plot": "train"},
        ),
        Recipe(
            "get_speech_encoder",
            "proves where the package's weights of the speech encoder come from: makes the same bytes from the "
            "original wheel",
            "python recipes/get_speech_encoder.py",
            alone=False,
            needs=(),
            options={},
        ),
        Recipe(
            "tune",
            "keras-tuner (Bayesian, random, Hyperband) over what a student or, `--what teacher`, a teacher learns "
            "best with, on folds of people; then the winner on people whom no trial saw ([search](search.md))",
            "python recipes/tune.py --trials 20 --folds 4 --jobs 2 --data-dir PATH/TO/StressID",
            options=FACES | DASK,
            tiny=("--trials", "1", "--tuner", "random", "--jobs", "2"),
            leaves=("tuned.json", "tuning.html"),
        ),
    )
}
