"""Welcome codes: 20 seconds, one success, the first app wins (api.md 3.9)."""

from dataclasses import dataclass


@dataclass(slots=True)
class WelcomeCode:
    """One code; ``begun_by`` is the app that is sending, ``used_by`` the one that did."""

    code: str
    userid: str
    external_userid: str
    issued_at: float
    begun_by: int | None = None
    used_by: int | None = None
    chat_begun: bool = False


class WelcomeDesk:
    """All codes, and which pairs were greeted."""

    def __init__(self) -> None:
        self.codes: dict[str, WelcomeCode] = {}
        self._newest: dict[tuple[str, str], WelcomeCode] = {}

    def put(self, code: WelcomeCode) -> None:
        """Keep a new code."""
        self.codes[code.code] = code
        self._newest[(code.userid, code.external_userid)] = code

    def newest(self, userid: str, external_userid: str) -> WelcomeCode | None:
        """The last code of a pair."""
        return self._newest.get((userid, external_userid))
