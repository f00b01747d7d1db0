"""Which extras are complete, from the installed package's own list of them, and which recipes that leaves working."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata

PACKAGE = "stressid_keras"
LEAST = re.compile(r"[~>]=\s*([\d.]+)")  # among the bounds of a version, in whatever order they stand
LINE = re.compile(
    r"(?P<name>[\w.-]+)\s*(?P<extras>\[[^\]]*\])?(?P<bounds>[^;]*)"
    r"(?:;.*extra\s*==\s*['\"](?P<extra>[\w.-]+)['\"].*)?"
)


@dataclass(frozen=True)
class Requirement:
    """A line of the package's metadata: what an extra ("" for the core) needs, at which least version."""

    extra: str
    name: str
    least: str = ""
    extras: tuple[str, ...] = ()  # of this package, where it is the name


def requirements() -> list[Requirement]:
    """Of the core and of every extra; none where the package is not installed but only importable."""
    try:
        lines = metadata.requires(PACKAGE) or ()
    except metadata.PackageNotFoundError:
        return []
    matches = [match for line in lines if (match := LINE.fullmatch(line.strip()))]
    return [
        Requirement(
            _normalised(found["extra"] or ""),
            _normalised(found["name"]),
            least[1] if (least := LEAST.search(found["bounds"])) else "",
            tuple(re.findall(r"[\w.-]+", found["extras"] or "")),
        )
        for found in matches
    ]


def missing_by_extra() -> dict[str, list[str]]:
    """Extra → what of it is not installed or too old, in words; the core is ""."""
    lines = requirements()
    return {extra: _missing(extra, lines) for extra in dict.fromkeys(line.extra for line in lines)}


def extra_rows() -> Iterator[tuple[str, str]]:
    """Each extra, and what it lacks."""
    found = missing_by_extra()
    if not found:
        yield PACKAGE, "is imported from a folder and not installed; pip install -e . brings what it needs"
    for extra, missing in found.items():
        how = f"MISSING {', '.join(missing)}: {_install(extra)}" if missing else "complete"
        yield extra or "core", how


def recipe_rows(recipes: Iterable) -> Iterator[tuple[str, str]]:
    """Each recipe, and which of the extras that it needs are not complete."""
    found = missing_by_extra()
    for recipe in recipes if found else ():
        lacking = [extra for extra in recipe.needs if found.get(extra, [extra])]
        how = f"needs {_install(*lacking)}" if lacking else "ready"
        yield recipe.name, how + _options(recipe, found)


def _install(*extras: str) -> str:
    """The line that brings extras, or the core, whose name is ""; in a clone, where the package comes from."""
    named = ",".join(filter(None, extras))
    return f'pip install -e ".[{named}]"' if named else "pip install -e ."


def _options(recipe, found: dict[str, list[str]]) -> str:
    lacking = {option: extra for option, extra in recipe.options.items() if found.get(extra, [extra])}
    return "".join(f"; {option} needs the extra {extra}" for option, extra in lacking.items())


def _missing(extra: str, lines: list[Requirement]) -> list[str]:
    found = []
    for line in lines:
        if line.extra != extra:
            continue
        if line.name == _normalised(PACKAGE):
            found += [each for inner in line.extras for each in _missing(_normalised(inner), lines)]
            continue
        try:
            version = metadata.version(line.name)
        except metadata.PackageNotFoundError:
            found.append(line.name)
            continue
        if line.least and _numbers(version) < _numbers(line.least):
            found.append(f"{line.name} {line.least} ({version} is installed)")
    return list(dict.fromkeys(found))


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _numbers(version: str) -> tuple[int, ...]:
    """The release of a version: enough to compare with a least one."""
    return tuple(map(int, re.match(r"\d+(?:\.\d+)*", version)[0].split(".")))
