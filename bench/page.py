"""Pages that runs write themselves: one section a measurement, replaced by the newest run."""

import re
from collections.abc import Sequence
from pathlib import Path


def put_section(page: Path, head: str, title: str, lines: Sequence[str]) -> None:
    """Put ``lines`` under the heading ``title`` of ``page``; other sections stay as they are."""
    text = page.read_text(encoding="utf-8") if page.is_file() else head
    section = f"## {title}\n\n" + "\n".join(lines).rstrip() + "\n\n"
    found = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    if found.search(text):
        text = found.sub(lambda _: section, text)
    else:
        text = text.rstrip() + "\n\n" + section
    page.write_text(text.rstrip() + "\n", encoding="utf-8")
