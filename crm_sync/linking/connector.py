"""Who carries a one-time code to a phone: the bank's own gateway, behind one small interface."""

from typing import Protocol

from kit.errors import Unavailable


class CodeNotSent(Unavailable):
    """The bank's message gateway did not take a one-time code."""

    code = "E-5060"


class CodeSender(Protocol):
    """Carries a code to a number; the words around it are the gateway's own template."""

    async def send(self, phone: str, code: str, *, minutes: int) -> None:
        """Hand one code over; ``minutes`` is how long it is good for. Raises CodeNotSent."""
