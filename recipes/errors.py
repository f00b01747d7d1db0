"""How a recipe begins and ends: output on any console, and an expected error is one sentence on the error stream."""

import sys

from console import write_anything

from stressid_keras.errors import StressIDError
from stressid_keras.system.quiet import filtered_stderr, quiet_libraries


def complain_of_missing(kind, error, traceback) -> None:
    """An import that fails for want of a package is one sentence, too: recipes import before they begin."""
    if issubclass(kind, ModuleNotFoundError) and error.name and not error.name.startswith("stressid_keras."):
        complain(f'{error.name} is not installed; pip install -e ".[train]" brings what the recipes need.')
    else:
        sys.__excepthook__(kind, error, traceback)


sys.excepthook = complain_of_missing


def main(recipe) -> None:
    """Run a recipe; an expected error is one sentence and exit status 2."""
    write_anything()
    quiet_libraries()
    with filtered_stderr():
        sys.exit(status_of(recipe))


def status_of(recipe) -> int | None:
    """Run a recipe; the exit status that goes with what happened."""
    try:
        recipe()
    except StressIDError as error:
        return complain(str(error))
    except OSError as error:
        return complain(f"{error.filename or 'a file'}: {error.strerror or error}; fix that and run again.")
    except MemoryError as error:
        return complain(
            f"There is not enough memory ({str(error) or 'no more to be had'}); run again with fewer --jobs, a smaller "
            "--batch-size or shorter windows: what is finished stays."
        )
    except KeyboardInterrupt:
        complain("Interrupted; what is finished stays, run the same command again for the rest.")
        return 130
    return None


def complain(sentence: str) -> int:
    """Print it; the exit status that goes with it."""
    print(f"error: {sentence}", file=sys.stderr)
    return 2
