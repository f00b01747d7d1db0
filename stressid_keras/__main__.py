"""python -m stressid_keras doctor: what is installed, what this machine has, and what is missing for what."""

import argparse
import configparser
import importlib.util
import sys
from pathlib import Path

from stressid_keras import __version__
from stressid_keras.doctor import diagnose

ROOT = Path(__file__).resolve().parents[1]


def main(words: list[str] | None = None) -> int:
    """Do what the command line says; the exit status, 0 unless the core is broken."""
    parser = argparse.ArgumentParser(prog="python -m stressid_keras", description=__doc__)
    parser.add_argument("--version", action="version", version=f"stressid_keras {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    doctor = commands.add_parser("doctor", help="what is installed, what this machine has, what is missing")
    doctor.add_argument(
        "--devices", action="store_true", help="start the backend to see which devices it finds"
    )
    arguments = parser.parse_args(words)
    place = ROOT if _is_checkout(ROOT) else Path.cwd()
    found = diagnose([place / "data", place / "saved_models"], recipes(ROOT), arguments.devices)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a folder may be called what a console cannot write
    print(found)
    return 0 if found.core_works else 1


def recipes(root: Path) -> list:
    """The records of the recipes of a checkout; none elsewhere, whatever lies there."""
    if not _is_checkout(root):
        return []
    spec = importlib.util.spec_from_file_location("stressid_keras_recipes", root / "recipes" / "registry.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for the annotations of their fields
    spec.loader.exec_module(module)
    return list(module.RECIPES.values())


def _is_checkout(root: Path) -> bool:
    """Whether a folder is a checkout of this package: beside an installed one, `recipes` would be somebody else's."""
    setup = configparser.ConfigParser(interpolation=None)
    try:
        setup.read(root / "setup.cfg", encoding="utf-8")
    except (OSError, ValueError, configparser.Error):
        return False
    is_ours = setup.get("metadata", "name", fallback="") == "stressid_keras"
    return is_ours and (root / "recipes" / "registry.py").is_file()


if __name__ == "__main__":
    sys.exit(main())
