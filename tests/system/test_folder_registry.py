"""A registry finds what a folder's files register, and what is registered elsewhere."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from stressid_keras.config import AUGMENTATIONS, CORRUPTIONS, FILM_BACKBONES, IMAGE_BACKBONES, StudentConfig
from stressid_keras.errors import StressIDError
from stressid_keras.system.folder_registry import FolderRegistry


@pytest.mark.parametrize("registry", [IMAGE_BACKBONES, FILM_BACKBONES, CORRUPTIONS, AUGMENTATIONS])
def test_every_file_registers_a_thing_of_its_name(registry):
    assert len(registry) == len(list(registry)) >= 2
    for name, thing in registry.items():
        assert thing.name == name


def test_a_new_file_is_found_and_read_when_it_is_asked_for(tmp_path, monkeypatch):
    folder = tmp_path / "house_of_tests" / "kinds"
    folder.mkdir(parents=True)
    (folder / "_shared.py").write_text("raise AssertionError('not a thing')")
    for name in ("later", "earlier"):
        (folder / f"{name}.py").write_text(
            f"from types import SimpleNamespace\nfrom {__name__} import KINDS\n"
            f"KINDS.register(SimpleNamespace(name='{name}'))\n"
        )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, __name__, SimpleNamespace(KINDS=KINDS))
    assert list(KINDS) == ["later", "earlier"]
    assert "house_of_tests.kinds.later" not in sys.modules
    assert KINDS["later"].name == "later"
    KINDS.register(SimpleNamespace(name="alien"))
    assert list(KINDS) == ["later", "alien", "earlier"]
    with pytest.raises(StressIDError, match="thing 'alien' is registered twice; expected a name of its own"):
        KINDS.register(SimpleNamespace(name="alien"))
    with pytest.raises(StressIDError, match="thing 'none' is unknown; expected one of later, alien, earlier"):
        KINDS["none"]


def test_a_mistyped_name_is_refused_without_keras():
    """And with it before anything is prepared."""
    code = (
        "import sys\n"
        "from stressid_keras.config import StudentConfig\n"
        "try:\n    StudentConfig(backbone='cn')\n"
        "except Exception as error:\n    print(error)\n"
        "assert not {'keras', 'scipy'} & set(sys.modules)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert (
        said
        == "backbone is 'cn'; expected one of 'cnn', 'residual', 'separable', 'statistics' or 'speech'.\n"
    )
    assert StudentConfig(backbone="residual").backbone == "residual"


KINDS = FolderRegistry("house_of_tests.kinds", "thing", first=("later",))
