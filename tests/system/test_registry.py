import sys
from types import SimpleNamespace

import pytest

from stressid_keras.errors import StressIDError
from stressid_keras.system.registry import Registry


def test_things_are_listed_by_place_whatever_the_order_of_registration():
    registry = Registry("toy")
    for name, place in (("last", 30), ("first", 10), ("second", 20), ("also second", 20)):
        registry.register(SimpleNamespace(name=name, place=place))
    assert [thing.name for thing in registry.ordered()] == ["first", "second", "also second", "last"]


def test_a_name_is_given_once():
    registry = Registry("toy")
    registry.register(SimpleNamespace(name="only", place=1))
    with pytest.raises(StressIDError, match="toy 'only' is registered twice; expected a name of its own"):
        registry.register(SimpleNamespace(name="only", place=2))


def test_an_unknown_name_is_refused_in_a_sentence_that_names_the_known_ones():
    registry = Registry("toy")
    for name in ("ball", "top"):
        registry.register(SimpleNamespace(name=name, place=1))
    with pytest.raises(StressIDError, match="toy 'bat' is unknown; expected one of ball, top"):
        registry["bat"]
    assert registry.get("bat") is None


def test_a_file_in_the_package_is_enough_to_be_registered(tmp_path, monkeypatch):
    package = tmp_path / "kinds_of_test"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from stressid_keras.system.registry import import_modules\n"
        "KINDS = []\n"
        "import_modules(__name__, __path__)\n"
    )
    (package / "one.py").write_text("from kinds_of_test import KINDS\nKINDS.append('one')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        import kinds_of_test
    finally:
        for name in [name for name in sys.modules if name.startswith("kinds_of_test")]:
            del sys.modules[name]
    assert kinds_of_test.KINDS == ["one"]
