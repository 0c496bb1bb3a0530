"""The three pages on how customers are made up, as tabs of one another."""

from typing import Any, Final

from console.lists import tab, url

SHARES: Final = "/c/structure"
FILES: Final = "/c/structure/files"
OUTLETS: Final = "/c/structure/outlets"
CUSTOMERS: Final = "/c/customers"


def tabs(here: str, unit: str) -> list[dict[str, Any]]:
    """The tabs, each within the same unit."""
    return [
        tab(text, url(path, unit=unit), current=path == here)
        for text, path in (
            ("层级、分类与集中度", SHARES),
            ("建档率", FILES),
            ("归属与持账户", OUTLETS),
        )
    ]
