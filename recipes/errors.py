"""How a recipe ends: an expected error is one sentence on the standard error stream."""

import sys

from stressid_keras.errors import StressIDError


def main(recipe) -> None:
    """Run a recipe; an expected error is one sentence and exit status 2."""
    try:
        recipe()
    except StressIDError as error:
        sys.exit(complain(str(error)))
    except OSError as error:
        sys.exit(
            complain(f"{error.filename or 'a file'}: {error.strerror or error}; mend that and run again.")
        )
    except KeyboardInterrupt:
        complain("Interrupted; what is finished stays, run the same command again for the rest.")
        sys.exit(130)


def complain(sentence: str) -> int:
    """Print it; the exit status that goes with it."""
    print(f"error: {sentence}", file=sys.stderr)
    return 2
