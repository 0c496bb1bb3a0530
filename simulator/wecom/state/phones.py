"""The bank's message gateway and the phones behind it: what was sent to which number."""

from dataclasses import dataclass
from typing import Final

SECRET: Final = "simulated-gateway-not-a-secret"  # noqa: S105 — the simulated gateway's, made up


TOKEN: Final = "simulated-exchange-not-a-secret"  # noqa: S105 — the simulated exchange's, made up


@dataclass(frozen=True, slots=True)
class PhoneCall:
    """One call that the exchange was asked to connect; ``id`` is the asker's."""

    at: float
    id: str
    staff: str
    phone: str


@dataclass(frozen=True, slots=True)
class TextMessage:
    """One code as it arrived on a phone."""

    at: float
    phone: str
    code: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Text:
    """One text message as it arrived on a phone; ``id`` is the sender's."""

    at: float
    id: str
    phone: str
    text: str


class Phones:
    """Every code that was sent, the newest last; ``failing`` requests are still to be refused.

    ``texts`` by the sender's id, ``handed`` how many requests brought one, ``faults`` how many of
    the next requests end in which way. ``calls``, ``dialled`` and ``call_faults``: the same of the
    telephone exchange.
    """

    def __init__(self) -> None:
        self.messages: list[TextMessage] = []
        self.failing = 0
        self.texts: dict[str, Text] = {}
        self.handed = 0
        self.faults: dict[str, int] = {}
        self.calls: dict[str, PhoneCall] = {}
        self.dialled = 0
        self.call_faults: dict[str, int] = {}
