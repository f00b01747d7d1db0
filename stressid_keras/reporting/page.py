"""The HTML of the report: its frame, its style, and elements whose text is escaped."""

import html
from collections.abc import Sequence
from dataclasses import dataclass


def page(title: str, pieces: Sequence) -> str:
    """A whole document around pieces whose `str` is HTML already."""
    return PAGE.format(title=html.escape(title), style=STYLE, body="\n".join(map(str, pieces)))


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    caption: str = "",
    text_columns: Sequence[int] = (),
) -> str:
    """A table that scrolls by itself where it is wider than the screen.

    Args:
        header: a name per column.
        rows: of as many texts; a row whose first begins with "floor:" is set apart.
        caption: above it.
        text_columns: which columns hold running text, flush left, rather than numbers.
    """
    left = [' class="text"' if index in text_columns else "" for index in range(len(header))]
    head = "".join(
        f'<th scope="col"{css}>{html.escape(name)}</th>' for name, css in zip(header, left, strict=True)
    )
    body = ""
    for row in rows:
        cells = "".join(
            f"<td{css}>{html.escape(cell.strip())}</td>" for cell, css in zip(row, left, strict=True)
        )
        css = ' class="floor"' if row[0].startswith("floor:") else ""
        body += f"<tr{css}>{cells}</tr>\n"
    label = html.escape(caption or ", ".join(filter(None, header)))
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{label}"><table>'
        f"{element('caption', caption) if caption else ''}"
        f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


@dataclass(frozen=True)
class FigureGrid:
    """Captions and figures (`figures.drawn.Drawn`) side by side where there is room; `str` is its HTML.

    Attributes:
        drawn: captions and figures.
        summary: where it opens on request, what is inside.
    """

    drawn: Sequence[tuple]
    summary: str = ""

    def __str__(self) -> str:
        inside = "".join(f"<figure>{element('h3', caption)}{drawn}</figure>" for caption, drawn in self.drawn)
        grid = f'<div class="figures">{inside}</div>'
        return details(self.summary, grid) if self.summary else grid


def details(summary: str, inside: str) -> str:
    """HTML that opens on request (and is printed)."""
    return f"<details>{element('summary', summary)}{inside}</details>"


def bullets(sentences: Sequence[str]) -> str:
    return f"<ul>{''.join(element('li', sentence) for sentence in sentences)}</ul>"


def element(tag: str, text: str, attributes: str = "") -> str:
    """One element around a text, which is escaped."""
    return f"<{tag}{' ' + attributes if attributes else ''}>{html.escape(text)}</{tag}>"


STYLE = """
:root { color-scheme: light }
body { font: 1rem/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 62rem;
  margin: 0 auto; padding: 1rem; overflow-wrap: break-word }
h1 { font-size: 1.6rem; line-height: 1.2; margin: .5rem 0 } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem }
h3 { font-size: 1rem; margin: 0 0 .25rem }
p, ul { max-width: 44rem; margin: .5rem 0 } ul { padding-left: 1.2rem } li { margin: .25rem 0 }
.scroll { overflow-x: auto; margin: .75rem 0 }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
caption, .caption { text-align: left; color: #444; padding-bottom: .4rem; font-size: .9rem }
th, td { padding: .3rem .7rem; border-bottom: 1px solid #ccc; text-align: right; white-space: nowrap }
th:first-child, td:first-child { text-align: left; padding-left: 0 }
thead th { border-bottom: 2px solid #555 }
th.text, td.text { text-align: left } td.text { white-space: normal; min-width: 9rem }
.floor { color: #555; font-style: italic }
.figures { display: grid; gap: 1.5rem; align-items: start; margin-bottom: 1.5rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)) }
figure { margin: 0 } svg { width: 100%; height: auto; display: block }
summary { cursor: pointer; padding: .4rem 0; font-weight: 600 }
pre { overflow-x: auto; background: #f4f4f4; padding: .75rem; font-size: .8rem }
.note { border-left: .25rem solid #d55e00; padding-left: .75rem }
@media (max-width: 40rem) { th, td { padding: .3rem .2rem; white-space: normal; font-size: .75rem } }
@media print { body { font-size: 10pt; max-width: none; padding: 0 } .scroll, pre { overflow: visible }
  pre { white-space: pre-wrap } figure, table { break-inside: avoid } h2, h3 { break-after: avoid }
  .figures { gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)) }
  details::details-content { content-visibility: visible; display: block; block-size: auto } }
"""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
