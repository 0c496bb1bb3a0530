"""The pages about playbooks, and how they lead to each other."""

from typing import Any, Final

from console.lists import tab

PLAYBOOKS: Final = "/c/playbooks"
HINTS: Final = "/c/hints"
PREPARATIONS: Final = "/c/preparations"
STRATEGIES: Final = "/c/playbooks/strategies"
_PLACES: Final = (
    (PLAYBOOKS, "分层打法"),
    (STRATEGIES, "服务策略"),
    (HINTS, "内容先验"),
    (PREPARATIONS, "活动准备"),
)


def places(here: str) -> list[dict[str, Any]]:
    """The other pages about playbooks."""
    return [tab(text, path, current=path == here) for path, text in _PLACES]
