"""Show one recording as a picture: waveform, signals, and what the networks see of them.

python recipes/show.py --data-dir PATH/TO/StressID --recording 2ea4_Stroop
python recipes/show.py --augmentations           # what training makes of it, too
"""

import difflib
from pathlib import Path
from typing import Annotated

import common

from stressid_keras.errors import StressIDError
from stressid_keras.preprocessing import levels_of_person, prepare_recording, signals_may_run_on
from stressid_keras.provenance import atomic_path
from stressid_keras.ranges import Range
from stressid_keras.reporting.pictures import augmentations_figure, recording_figure
from stressid_keras.workflow import read_index

Window = Annotated[int, Range(0, 1_000_000)]


def recipe():
    arguments = parser().parse_args()
    run = common.make_run(arguments)
    config = run.config
    index = read_index(run.context)
    recording = find(index, arguments.recording)
    folder = run.output_dir / "pictures"
    files = [folder / f"{recording.name}-{arguments.window}.png"]
    levels = levels_of_person(index, recording.subject, config.preparation)
    run_on = signals_may_run_on(index, recording, config.preparation)
    save(recording_figure(recording, config.preparation, arguments.window, levels, run_on), files[0])
    if arguments.augmentations:
        prepared = prepare_recording(recording, config.preparation, levels, run_on)
        windows = {
            modality: made[arguments.window].array
            for modality, made in prepared.items()
            if arguments.window < len(made) and made[arguments.window].array is not None
        }
        files.append(folder / f"{recording.name}-{arguments.window}-augmentations.png")
        save(augmentations_figure(windows, config.pipeline.augmentation, config.seed), files[-1])
    common.show_paths(files)


def find(index, name: str | None):
    """The recording of that name, or the first that has everything."""
    by_name = {recording.name: recording for recording in index.recordings}
    if name is None:
        return next((r for r in index.recordings if r.modalities == index.modalities), index.recordings[0])
    if name not in by_name:
        close = difflib.get_close_matches(name, by_name, n=3, cutoff=0.3) or list(by_name)[:3]
        raise StressIDError(f"{index.root} has no usable recording {name!r}; similar: {', '.join(close)}.")
    return by_name[name]


def save(figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=100)


def parser():
    parser = common.parser(__doc__)
    parser.add_argument("--recording", metavar="NAME", help="such as 2ea4_Stroop [the first complete one]")
    parser.add_argument(
        "--window", type=common.number(Window), default=0, help="of the recording, from 0 [0]"
    )
    parser.add_argument(
        "--augmentations", action="store_true", help="also what augmentation does to the window"
    )
    return parser


if __name__ == "__main__":
    common.main(recipe)
