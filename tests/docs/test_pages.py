"""What documents promise is there: links, anchors, the source of figures, messages, code, every public name."""

import ast
import contextlib
import re

import pytest

import stressid_keras

from .pages import FENCE, ROOT, anchors, blocks, documents, prose, sections, text_of

FIGURES = ("docs/results.md", "docs/speed.md")
ADDED_IN = re.findall(r"<!-- from (\S+) -->", text_of("docs/extend.md"))


@pytest.mark.parametrize("document", documents())
def test_relative_links_and_anchors_lead_somewhere(document):
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(text_of(document))):
        if re.match(r"https?://", link):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / document).parent / path if path else ROOT / document
        assert target.exists(), f"{document} leads to {link}"
        if anchor:
            assert anchor in anchors(str(target.resolve().relative_to(ROOT))), f"{document} leads to {link}"


@pytest.mark.parametrize("document", documents())
def test_lists_and_tables_begin_after_a_blank_line(document):
    """Code hosts do without; MkDocs takes them for text."""
    before = ""
    for line in prose(text_of(document)).splitlines():
        if line.startswith(("- ", "| ")) and before and not before.startswith(("- ", "|", "  ", "<!--")):
            pytest.fail(f"{document}: {line[:60]!r} stands under {before[:60]!r}")
        before = line


@pytest.mark.parametrize("document", [page for page in documents() if page.startswith("docs/")])
def test_no_page_is_a_stub(document):
    text = FENCE.sub("", text_of(document))
    no_text = r"^#.*|^!\[.*|<!--.*?-->"  # headings, pictures, markers
    written = re.sub(no_text, "", text, flags=re.MULTILINE)
    assert len(" ".join(written.split())) >= 200, f"{document} says nothing yet"
    left = re.findall(r"^(?:[-*] )?(?:\*\*[^*]+\*\*:? *)?([A-Z][A-Z_]{2,})[.:…]*$", text, re.MULTILINE)
    assert not left, f"{document} has placeholders: {left}"


def test_every_page_is_in_the_contents_of_the_site():
    listed = re.findall(r"^ +- .*?([\w/]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    pages = [page.removeprefix("docs/") for page in documents() if page.startswith("docs/")]
    assert sorted(listed) == sorted(pages)


def test_no_page_loads_anything_from_another_network():
    """The theme fetches what draws a diagram of Mermaid; pictures are files of the repository."""
    for document in documents():
        assert "```mermaid" not in text_of(document), document
        assert not re.search(r"!\[[^\]]*\]\(https?:|<(?:img|script|iframe)\b", prose(text_of(document))), (
            document
        )


@pytest.mark.parametrize("document", FIGURES)
def test_every_table_of_figures_names_command_commit_and_hardware(document):
    for heading, text in sections(document).items():
        if not re.search(r"\d\.?\d", prose(text)) or heading == "Data":
            continue
        for what, expected in (
            ("Command", r"`python (recipes|benchmarks)/"),
            ("Commit", r"[0-9a-f]{7}.*20\d\d"),
            ("Hardware", r"(core|thread|same machine|GPU)"),
        ):
            said = re.search(rf"- \*\*{what}\*\*: ((?:.+\n)(?:  .+\n)*)", text)
            assert said, f"{document}, {heading}: no {what}"
            assert re.search(expected, said[1].replace("\n", " ")), f"{document}, {heading}: {said[0]}"


def test_the_readme_is_short_and_its_figures_are_those_of_the_results():
    readme = text_of("README.md")
    assert len(readme.encode()) < 7000
    for said in (r"compare\.py --data-dir TREE", r"commits? [0-9a-f]{7}", r"two cores of an AMD\s+EPYC"):
        assert re.search(said, readme)
    (table,) = re.findall(r"(?:^\|.*\n)+", readme, re.MULTILINE)
    numbers = re.compile(r"[+−]?\d?\.\d{3}")
    results = numbers.findall(sections("docs/results.md")["Does the distillation help?"])
    assert len(numbers.findall(table)) > 50
    assert not set(numbers.findall(table)) - set(results)


def test_messages_that_are_explained_are_those_of_the_code():
    tables = re.findall(r"<!-- messages -->\n.*\n.*\n((?:\|.*\n)+)<!-- end -->", text_of("docs/data.md"))
    quoted = [row.split("`")[1] for table in tables for row in table.splitlines()]
    assert len(quoted) > 30
    said = {re.sub("…+", "…", sentence) for sentence in sentences()}
    for message in quoted:
        assert any(message.strip("…") in sentence for sentence in said), message


def sentences():
    """Every text of the package's code, with … for what is filled in."""
    for path in (ROOT / "stressid_keras").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr):
                yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)


@pytest.mark.parametrize("test", ADDED_IN)
def test_code_that_extends_the_package_is_that_of_a_test(test):
    """Which runs it, perhaps as a script of its own."""
    run = set(statements((ROOT / test).read_text(encoding="utf-8")))
    for code in blocks("docs/extend.md", f"from {test}"):
        for statement in ast.parse(code).body:
            for shown in parts(statement.value if isinstance(statement, ast.Expr) else statement):
                assert ast.dump(shown) in run, ast.unparse(shown)


def statements(source):
    """Of a file, and of the scripts that it holds as texts."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt | ast.Call):
            yield from map(ast.dump, parts(node))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "import " in node.value:
            with contextlib.suppress(SyntaxError):
                yield from statements(node.value)


def parts(node):
    """A statement, or each name of an import by itself, for a page shows those that its code needs."""
    if isinstance(node, ast.ImportFrom):
        return [ast.ImportFrom(node.module, [alias], node.level) for alias in node.names]
    return [node]


def test_the_api_page_has_every_public_name():
    shown = re.findall(r"^::: ([\w.]+)\.(\w+)$", text_of("docs/api.md"), re.MULTILINE)
    assert sorted(name for _, name in shown) == stressid_keras.__all__
    assert {name: module for module, name in shown} == stressid_keras._PUBLIC
