"""The bank's message gateway and the phones behind it: what was sent to which number."""

from dataclasses import dataclass
from typing import Final

SECRET: Final = "simulated-gateway-not-a-secret"  # noqa: S105 — the simulated gateway's, made up


@dataclass(frozen=True, slots=True)
class TextMessage:
    """One code as it arrived on a phone."""

    at: float
    phone: str
    code: str
    minutes: int


class Phones:
    """Every code that was sent, the newest last; ``failing`` requests are still to be refused."""

    def __init__(self) -> None:
        self.messages: list[TextMessage] = []
        self.failing = 0
