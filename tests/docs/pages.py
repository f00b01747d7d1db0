"""The documents as their readers on a code host have them: pages, headings, blocks between markers."""

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^(`{3,})[^\n]*\n.*?^\1[^\n`]*$", re.MULTILINE | re.DOTALL)


def documents() -> list[str]:
    """README, docs/ and what else they lead to, from the root."""
    found = [
        "README.md",
        "CONTRIBUTING.md",
        "web/README.md",
        "benchmarks/README.md",
        "saved_models/README.md",
    ]
    return found + sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def prose(text: str) -> str:
    """Without code."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))


@cache
def anchors(document: str) -> set[str]:
    """Of the headings, as code hosts make them, and of MkDocs alike."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(document)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def blocks(document: str, name: str) -> list[str]:
    """The code between `<!-- name -->` and `<!-- end -->`."""
    marked = re.compile(rf"<!-- {re.escape(name)} -->\n```\w+\n(.*?)```\n<!-- end -->", re.DOTALL)
    found = marked.findall(text_of(document))
    assert found, f"{document} has no block called {name}"
    return found


def sections(document: str) -> dict[str, str]:
    """What stands under each heading of the second rank."""
    _, *parts = re.split(r"^## ", text_of(document), flags=re.MULTILINE)
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in parts}


def same_but_for_scores(shown: str, printed: str) -> bool:
    """Whether texts are equal up to spaces and the scores of what was trained: floors and counts must agree."""
    return [_without_scores(line) for line in shown.splitlines()] == [
        _without_scores(line) for line in printed.splitlines()
    ]


def _without_scores(line: str) -> str:
    line = re.sub(r"-{5,}", "---", " ".join(line.split()))
    if line.startswith(("floor: ", "test: ")):
        return line
    line = re.sub(r"\b(calm|stress)$", "CLASS", line)  # the likelier one
    return re.sub(r"[+-]?\d*\.\d+|\d+%|\d+ KiB", "#", line)
