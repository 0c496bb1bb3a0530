"""The text of an article: plain lines with five marks, and what is left of HTML that is pasted in.

A line is a paragraph; ``# `` begins a heading, ``- `` an item of a list, ``> `` a quotation,
``![what is seen](material-code)`` is a picture from the material library. There is no other
markup, so a page can show every part as text: nothing an author writes is ever read as HTML.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from html.parser import HTMLParser
from typing import Final

from content_library.facts import Block
from content_library.fields import clean

_PICTURE: Final = re.compile(r"!\[([^\]\n]{0,120})\]\(([^()\s]{1,64})\)")
_MARKS: Final = (("# ", "heading"), ("- ", "item"), ("> ", "quote"))
_HIDDEN: Final = frozenset(
    {"script", "style", "head", "iframe", "object", "svg", "form", "template", "noscript"}
)
_BREAKS: Final = frozenset(
    {"p", "div", "br", "tr", "section", "article", "ul", "ol", "table", "figure", "hr"}
)
_LINE_STARTS: Final = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "# "),
    "li": "- ",
    "blockquote": "> ",
}


@lru_cache(maxsize=256)
def blocks(text: str) -> tuple[Block, ...]:
    """The parts of an article in order; empty lines part paragraphs and are not shown."""
    return tuple(_blocks(text))


def _blocks(text: str) -> Iterator[Block]:
    for raw in text.split("\n"):
        line = clean(raw)
        if not line:
            continue
        picture = _PICTURE.fullmatch(line)
        if picture is not None:
            yield Block("picture", picture[1], picture[2])
            continue
        for mark, kind in _MARKS:
            if line.startswith(mark) and line[len(mark) :].strip():
                yield Block(kind, line[len(mark) :].strip())
                break
        else:
            yield Block("text", line)


def plain(text: str) -> str:
    """All words of an article without marks, a line a part, for whoever screens it."""
    return "\n".join(block.text for block in blocks(text) if block.text)


def from_html(html: str) -> str:
    """The words of HTML as an article's lines: no script, no style, no link, no attribute stays."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


def looks_like_html(text: str) -> bool:
    """Whether somebody pasted HTML where lines are wanted."""
    return re.search(r"</?[a-zA-Z][^<>]{0,400}>", text) is not None


class _Reader(HTMLParser):
    """Collects words; the start of a heading, item or quotation begins a marked line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = [""]
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag in _LINE_STARTS:
            self._lines.append(_LINE_STARTS[tag])
        elif tag in _BREAKS and self._lines[-1] not in _LINE_STARTS.values():
            self._lines.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _LINE_STARTS or tag in _BREAKS:
            self._lines.append("")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._lines[-1] += re.sub(r"\s+", " ", data)

    def text(self) -> str:
        """The lines that hold words."""
        kept = (clean(line) for line in self._lines)
        return "\n".join(line for line in kept if line and f"{line} " not in _LINE_STARTS.values())
