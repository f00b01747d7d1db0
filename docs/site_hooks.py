"""Pages link to other files of the repository, as a code host shows them; the site brings these files along.

MkDocs calls `on_files` and `on_page_markdown` (`hooks` in mkdocs.yml). A link that leaves docs/ leads to a page under
source/: Markdown as it is, anything else as a listing.
"""

import os
import re
from pathlib import Path, PurePosixPath

from mkdocs.structure.files import File, InclusionLevel

ROOT = Path(__file__).resolve().parents[1]
FENCED = re.compile(r"(^```.*?^```[^\n]*$)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(\]\()([^)\s#:]+)(#[^)\s]*)?(?=\))")
LANGUAGES = {".py": "python", ".cfg": "ini", ".json": "json", ".yml": "yaml"}


def on_files(files, config):
    """Add every file outside docs/ that a page, or one of these files, links to."""
    waiting = [f"docs/{file.src_uri}" for file in files.documentation_pages()]
    while waiting:
        place = waiting.pop()
        for target in _targets(place, (ROOT / place).read_text(encoding="utf-8")):
            uri = _site_uri(target)
            if not target.startswith("docs/") and (ROOT / target).is_file() and uri not in files.src_uris:
                files.append(
                    File.generated(config, uri, content=_content(target), inclusion=InclusionLevel.NOT_IN_NAV)
                )
                if target.endswith(".md"):
                    waiting.append(target)
    return files


def on_page_markdown(markdown, page, **_):
    """The text of a page, with links to the places that files have in the site."""
    here = page.file.src_uri
    place = here.removeprefix("source/") if here.startswith("source/") else f"docs/{here}"
    if here.startswith("source/") and not (ROOT / place).is_file():
        return markdown  # a listing

    def moved(match):
        target = _resolved(place, match[2])
        if target is None:
            return match[0]
        uri = os.path.relpath(_site_uri(target), PurePosixPath(here).parent)
        return f"{match[1]}{uri}{match[3] or ''}"

    return "".join(
        part if part.startswith("```") else LINK.sub(moved, part) for part in FENCED.split(markdown)
    )


def _targets(place, markdown):
    text = "".join(part for part in FENCED.split(markdown) if not part.startswith("```"))
    return [found for match in LINK.finditer(text) if (found := _resolved(place, match[2]))]


def _resolved(place, link):
    """The file of the repository that a link means, of a package its head; None without one: MkDocs then warns."""
    target = os.path.normpath(PurePosixPath(place).parent / link)
    if (ROOT / target / "__init__.py").is_file():
        target += "/__init__.py"
    return target if (ROOT / target).is_file() else None


def _site_uri(target):
    if target.startswith("docs/"):
        return target.removeprefix("docs/")
    return f"source/{target}" if target.endswith(".md") else f"source/{target}.md"


def _content(target):
    text = (ROOT / target).read_text(encoding="utf-8")
    if target.endswith(".md"):
        return text
    language = LANGUAGES.get(PurePosixPath(target).suffix, "text")
    return f"---\nsearch:\n  exclude: true\n---\n\n# {target}\n\n````{language}\n{text}\n````\n"
