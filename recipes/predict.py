"""What an exported student hears in recordings: probabilities over time, and of the whole. Needs no TensorFlow.

python recipes/predict.py talk.wav --model saved_models/sample/student.tflite
python recipes/predict.py talk.wav --hop 0.5 --plot talk.png
python recipes/predict.py *.wav --json > predictions.json
"""

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Annotated

from errors import complain, main
from options import Parser, number

from stressid_keras import StudentRunner
from stressid_keras.errors import RecordingError, StressIDError
from stressid_keras.ranges import Range

ROOT = Path(__file__).resolve().parent.parent
MODEL = (
    ROOT / "saved_models" / "sample" / "student.tflite"
)  # what recipes/distill.py makes without a data set
Hop = Annotated[float, Range(0, 86_400, "s", above=True)]


def recipe():
    arguments = parser().parse_args()
    if arguments.plot and len(arguments.files) > 1:
        raise StressIDError(f"--plot draws one recording and {len(arguments.files)} were given; name one.")
    if arguments.plot and arguments.plot.suffix.lower() != ".png":
        raise StressIDError(
            f"--plot writes a PNG file and was given {arguments.plot}; name one that ends in .png."
        )
    with without_runtime_notes():
        runner = StudentRunner(arguments.model)
    found, refused = [], 0
    for path in arguments.files:
        try:
            prediction = runner.predict(path, hop=arguments.hop)
        except RecordingError as error:  # one bad recording does not stop the others
            refused = complain(str(error))
            continue
        if arguments.json:
            found.append(as_json(path, prediction))
        else:
            print(table(path, prediction, runner))
        if arguments.plot:
            plot(path, prediction, runner, arguments.plot)
    if arguments.json:
        print(json.dumps(found, indent=2))
    sys.exit(refused)


def parser():
    parser = Parser(__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="WAV, FLAC, OGG, MP3 or AIFF")
    parser.add_argument(
        "--model", type=Path, default=MODEL, help="an exported student [saved_models/sample/student.tflite]"
    )
    parser.add_argument(
        "--hop", type=number(Hop), metavar="SECONDS", help="from window to window [the model's]"
    )
    parser.add_argument("--plot", type=Path, metavar="PATH.png", help="draw waveform, log-mel, probabilities")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser


@contextlib.contextmanager
def without_runtime_notes():
    """Keep LiteRT from writing to the standard error stream which of its parts it took; it has no option for that."""
    try:
        sys.stderr.flush()
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except (OSError, AttributeError):  # no such stream
        yield
        return
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def table(path: Path, prediction, runner: StudentRunner) -> str:
    """A line a window and one for the whole."""
    width = max(8, *(len(name) + 2 for name in prediction.class_names))
    lines = ["".join([f"{path.name:<22}", *(f"{name:>{width}}" for name in prediction.class_names)])]
    window = runner.samples / runner.sample_rate
    rows = zip(prediction.starts, prediction.probabilities, prediction.silent, strict=True)
    for start, probabilities, silent in rows:
        end = min(start + window, prediction.seconds)
        numbers = "".join(f"{value:>{width}.3f}" for value in probabilities)
        lines.append(f"{f'{start:8.2f} – {end:.2f} s':<22}{numbers}{'   silent' if silent else ''}")
    mean = "".join(f"{value:>{width}.3f}" for value in prediction.mean)
    silent = int(prediction.silent.sum())
    note = f", {silent} of {len(prediction.silent)} windows silent" if silent else ""
    lines.append(f"{f'whole, {prediction.seconds:.2f} s':<22}{mean}   {prediction.label}{note}")
    return "\n".join(lines) + "\n"


def as_json(path: Path, prediction) -> dict:
    return {
        "file": str(path),
        "seconds": prediction.seconds,
        "class_names": prediction.class_names,
        "label": prediction.label,
        "mean": prediction.mean.tolist(),
        "starts": prediction.starts.tolist(),
        "probabilities": prediction.probabilities.tolist(),
        "silent": prediction.silent.tolist(),
    }


def plot(path: Path, prediction, runner: StudentRunner, target: Path) -> None:
    import soxr

    from stressid_keras.media.sound.sound_files import read_sound
    from stressid_keras.provenance import atomic_path
    from stressid_keras.reporting.pictures.prediction import prediction_figure

    waveform, rate = read_sound(path)
    waveform = soxr.resample(waveform, rate, runner.sample_rate, quality="HQ")
    figure = prediction_figure(prediction, waveform, runner.samples / runner.sample_rate, runner.log_mel)
    figure.suptitle(f"{path.name}: {prediction.label}", parse_math=False)
    try:
        with atomic_path(target) as temporary:
            figure.savefig(temporary, format="png", dpi=100)
    except OSError as error:  # which names the temporary file
        raise StressIDError(
            f"--plot cannot write {target} ({error.strerror or error}); name another place."
        ) from None
    print(f"  {target}", file=sys.stderr)


if __name__ == "__main__":
    main(recipe)
