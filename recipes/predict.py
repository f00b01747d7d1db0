"""What an exported student hears in recordings: probabilities over time, and of the whole. Needs no TensorFlow.

python recipes/predict.py talk.wav --model saved_models/sample/student.tflite
python recipes/predict.py talk.wav --hop 0.5 --plot talk.png
python recipes/predict.py *.wav --json > predictions.json
python recipes/predict.py recordings/ --csv predictions.csv

Takes WAV, FLAC, Ogg (Vorbis, Opus), MP3 and AIFF of any length, and, with PyAV (pip install -e ".[formats]"), M4A, MP4,
WebM and Matroska with sound. A folder stands for the recordings in it and in its folders, in the order of their names.
What cannot be read is named on the error stream with its reason and does not stop the rest; the exit status is then 2.

--csv writes a row a recording: file, seconds, windows, silent (how many of the windows), label, p_<class> (the mean of
the windows) and error, the reason where it cannot be read, with the other cells empty. With --windows it writes a row a
window instead: file, start and end (in seconds), silent (1 or 0), label, p_<class> and error. UTF-8, commas, a header.
"""

import argparse
import contextlib
import json
import logging
import os
import sys
from pathlib import Path
from typing import Annotated

from errors import complain, main
from options import WHOLE, Parser, number
from prediction_tables import CsvRows, as_json, csv_rows, table
from recordings import recordings

from stressid_keras import StudentRunner
from stressid_keras.errors import RecordingError, StressIDError, shown
from stressid_keras.media.sound.channels import MIX, channel_number
from stressid_keras.ranges import Range

ROOT = Path(__file__).resolve().parent.parent
MODEL = (
    ROOT / "saved_models" / "sample" / "student.tflite"
)  # what recipes/distill.py makes without a data set
Hop = Annotated[float, Range(0, 86_400, "s", above=True)]


def recipe():
    arguments = parser().parse_args()
    files, status = recordings(arguments.files)
    check(arguments, files)
    show_warnings()
    with without_runtime_notes():
        runner = StudentRunner(arguments.model)
    if not arguments.csv:
        sys.exit(score(files, runner, arguments) or status)
    with csv_rows(arguments.csv, runner, arguments.windows) as rows:
        status = score(files, runner, arguments, rows) or status
    print(f"  {arguments.csv}", file=sys.stderr)
    sys.exit(status)


def check(arguments, files: list[Path]) -> None:
    """Refuse, before anything is done, what options cannot mean together."""
    if arguments.plot and len(files) > 1:
        raise StressIDError(f"--plot draws one recording and {len(files)} were given; name one.")
    for option, kind, path in (("plot", "PNG file", arguments.plot), ("csv", "table", arguments.csv)):
        if path and path.is_dir():
            raise StressIDError(
                f"--{option} writes a {kind} and was given {path}, a folder; name a file in it."
            )
        suffix = ".csv" if option == "csv" else ".png"
        if path and path.suffix.lower() != suffix:
            raise StressIDError(
                f"--{option} writes a {kind} and was given {path}; name one that ends in {suffix}."
            )
    if arguments.windows and not arguments.csv:
        raise StressIDError("--windows says what --csv writes; expected both: add --csv PATH.csv.")


def score(files: list[Path], runner: StudentRunner, arguments, rows: CsvRows | None = None) -> int:
    """Ask about each recording and tell what was asked for; 2 if one could not be read, else 0."""
    found, status = [], 0
    for path in files:
        try:
            prediction = runner.predict(path, hop=arguments.hop, channel=arguments.channel)
        except RecordingError as error:  # one bad recording does not stop the others
            status = complain(str(error))
            if rows:
                rows.refuse(path, str(error))
            continue
        if rows:
            rows.add(path, prediction)
        if arguments.json:
            found.append(as_json(path, prediction))
        elif not rows:
            print(table(path, prediction, runner))
        if arguments.plot:
            plot(path, prediction, runner, arguments)
    if arguments.json:
        print(json.dumps(found, indent=2))
    return status


def parser():
    parser = Parser(__doc__)
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="a recording, or a folder of them"
    )
    parser.add_argument(
        "--model", type=Path, default=MODEL, help="an exported student [saved_models/sample/student.tflite]"
    )
    parser.add_argument(
        "--hop", type=number(Hop), metavar="SECONDS", help="from window to window [the model's]"
    )
    parser.add_argument(
        "--channel",
        type=channel,
        default=MIX,
        metavar="CHANNEL",
        help="mix (the mean of all), left, right, or a channel's number, from 1 [mix]",
    )
    parser.add_argument("--plot", type=Path, metavar="PATH.png", help="draw waveform, log-mel, probabilities")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument(
        "--csv", type=Path, metavar="PATH.csv", help="write a row a recording, see above; print no tables"
    )
    parser.add_argument("--windows", action="store_true", help="in the --csv, a row a window")
    return parser


def channel(text: str) -> str | int:
    """A converter of argparse for `StudentRunner.predict`'s channel."""
    value = int(text) if WHOLE.fullmatch(text) else text
    try:
        channel_number(value)
    except StressIDError as error:
        expected = str(error).rpartition("; expected ")[2].rstrip(".")
        raise argparse.ArgumentTypeError(f"is {shown(text)}; expected {expected}") from None
    return value


def show_warnings() -> None:
    """What the library logs of a recording, such as channels that cancel each other, on the error stream.

    Not what it logs with a traceback: that is of a fault, which becomes a sentence of its own.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(lambda record: not record.exc_info)
    handler.setFormatter(logging.Formatter("note: %(message)s"))
    logging.getLogger("stressid_keras").addHandler(handler)


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


def plot(path: Path, prediction, runner: StudentRunner, arguments) -> None:
    import soxr

    from stressid_keras.media.sound.sound_files import read_sound
    from stressid_keras.provenance import atomic_path
    from stressid_keras.reporting.pictures.prediction import prediction_figure

    target = arguments.plot
    waveform, rate = read_sound(path, arguments.channel)
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
