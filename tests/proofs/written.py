"""Writes what a proof found into ``docs/proofs.md``: one section a proof, replaced by the newest."""

import re
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).resolve().parent.parent.parent / "docs" / "proofs.md"
HEAD: Final = """# Proofs

Long proofs, run by `make proof`; each section is written by the run it tells of. Because the
product must not be asked whether it is honest, every figure is counted by the other side: by a
sender with a list of its own, or by the simulated WeCom.
"""


def write(title: str, lines: list[str], page: Path = PAGE) -> None:
    """Put ``lines`` under the heading ``title``; the other sections stay."""
    text = page.read_text(encoding="utf-8") if page.is_file() else HEAD
    section = f"## {title}\n\n" + "\n".join(lines).rstrip() + "\n"
    found = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    if found.search(text):
        text = found.sub(lambda _: section + "\n", text)
    else:
        text = text.rstrip() + "\n\n" + section
    page.write_text(text.rstrip() + "\n", encoding="utf-8")
