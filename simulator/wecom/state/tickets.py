"""JS-SDK tickets: 7200 s, the same until they end (api.md 7.3)."""

from simulator.wecom.errors import Json
from simulator.wecom.ids import IdMint

LIFE_S = 7_200


class TicketDesk:
    """Keeps the corp's ticket and one per app."""

    def __init__(self, ids: IdMint) -> None:
        self._ids = ids
        self._tickets: dict[str, tuple[str, float]] = {}

    def corp(self, at: float) -> Json:
        """The corp's ticket."""
        return self._ticket("corp", at)

    def agent(self, agent_id: int, at: float) -> Json:
        """An app's ticket."""
        return self._ticket(f"agent {agent_id}", at)

    def _ticket(self, owner: str, at: float) -> Json:
        text, end = self._tickets.get(owner, ("", 0.0))
        if at >= end:
            text, end = self._ids.secret("ticket"), at + LIFE_S
            self._tickets[owner] = (text, end)
        return {"ticket": text, "expires_in": int(end - at)}
