"""python -m stressid_keras doctor: what is installed, what this machine has, and what is missing for what."""

import argparse
import importlib.util
import sys
from pathlib import Path

from stressid_keras import __version__
from stressid_keras.doctor import diagnose

ROOT = Path(__file__).resolve().parents[1]
REGISTRY = ROOT / "recipes" / "registry.py"  # there in a checkout, not in an installed package


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
    place = ROOT if REGISTRY.is_file() else Path.cwd()
    found = diagnose([place / "data", place / "saved_models"], _recipes(), arguments.devices)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a folder may be called what a console cannot write
    print(found)
    return 0 if found.core_works else 1


def _recipes() -> list:
    """Those of a checkout."""
    if not REGISTRY.is_file():
        return []
    spec = importlib.util.spec_from_file_location("stressid_keras_recipes", REGISTRY)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for the annotations of their fields
    spec.loader.exec_module(module)
    return list(module.RECIPES.values())


if __name__ == "__main__":
    sys.exit(main())
