"""Writes what a proof found into ``docs/proofs.md``."""

from pathlib import Path
from typing import Final

from bench.page import put_section

PAGE: Final = Path(__file__).resolve().parent.parent.parent / "docs" / "proofs.md"
HEAD: Final = """# Proofs

Long proofs, run by `make proof`; each section is written by the run it tells of. Because the
product must not be asked whether it is honest, every figure is counted by the other side: by a
sender with a list of its own, or by the simulated WeCom.
"""


def write(title: str, lines: list[str]) -> None:
    """Put ``lines`` under the heading ``title``; the other proofs stay."""
    put_section(PAGE, HEAD, title, lines)
