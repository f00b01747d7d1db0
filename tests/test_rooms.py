"""The package is a house of rooms: each imports only what stands before it, none is crowded, none goes in circles."""

import ast
import sys
from collections import Counter
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "stressid_keras"
ROOMS = (  # from the ground up
    "errors",
    "ranges",
    "system",
    "provenance",
    "modalities",
    "config",
    "media",
    "dataset",
    "store",
    "preprocessing",
    "batches",
    "layers",
    "models",
    "training",
    "distillation",
    "evaluation",
    "analysis",
    "reporting",
    "runtime",
    "export",
    "tracking",
    "workflow",
    "studies",
    "doctor",
)
DOOR = f"{PACKAGE.name}.__main__"  # what `python -m` runs
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}
# Read when an exported student is asked, from a light install.
LIGHT = (
    "runtime",
    "media.containers",
    "media.ffmpeg",
    "media.matroska",
    "media.mp4_claims",
    "media.sound",
    "media.mel",
    "media.spectrum_order",
    "media.speech",
    "errors",
    "ranges",
    "system",
    "provenance",
    "modalities",
    "config",
    "doctor",
    "__main__",
)
LIGHT_LIBRARIES = {"ai_edge_litert", "flatbuffers", "numpy", "soundfile", "soxr"}
LATE = {  # what a module imports where it needs it, and says how to install where it is not there
    "stressid_keras.media.ffmpeg": {"av"},
    "stressid_keras.media.sound.container_sound": {"av"},
}


@cache
def imported(module):
    """Modules that a module names in an import, wherever in it, and other top-level packages."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name if name in MODULES else node.module for name in names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found - {module}


def imported_at_once(module):
    """Top-level packages that a module cannot be imported without."""
    nodes = ast.parse(MODULES[module].read_text()).body
    names = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    names |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {name.partition(".")[0] for name in names}


def room(module):
    return module.split(".")[1]


def test_every_module_stands_in_a_room():
    assert {room(module) for module in MODULES if module not in (PACKAGE.name, DOOR)} == set(ROOMS)


def test_a_room_imports_only_what_stands_before_it():
    order = {name: place for place, name in enumerate(ROOMS)}
    upwards = [
        f"{module} imports {other}"
        for module in MODULES
        for other in imported(module) & MODULES.keys()
        if PACKAGE.name not in (module, other) and module != DOOR and order[room(other)] > order[room(module)]
    ]
    assert not upwards


def test_no_import_goes_in_circles():
    left = {module: imported(module) & MODULES.keys() for module in MODULES}
    while free := {module for module, others in left.items() if not others & left.keys()}:
        left = {module: others for module, others in left.items() if module not in free}
    assert not left


def test_no_room_is_crowded_and_the_entrance_is_nearly_empty():
    doors = {"__init__.py", "__main__.py"}
    crowds = Counter(path.parent for path in MODULES.values() if path.name not in doors)
    assert crowds.pop(PACKAGE) <= 5
    assert max(crowds.values()) <= 18


def is_light(module):
    return module == PACKAGE.name or module.removeprefix(f"{PACKAGE.name}.").startswith(LIGHT)


def test_what_a_light_install_reads_needs_no_more_than_it_brings():
    known = LIGHT_LIBRARIES | set(sys.stdlib_module_names) | {PACKAGE.name}
    for module in MODULES:
        if module != PACKAGE.name and is_light(module):
            late = LATE.get(module, set())
            assert {name.partition(".")[0] for name in imported(module)} <= known | late, module
            assert imported_at_once(module) <= known, module
            assert all(map(is_light, imported(module) & MODULES.keys())), module
