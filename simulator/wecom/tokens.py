"""Access tokens: one per app, the same until near its end, refusable early (api.md 2.1)."""

from collections import deque
from dataclasses import dataclass

from simulator.wecom.errors import Refused
from simulator.wecom.ids import IdMint
from simulator.wecom.modes import Modes
from simulator.wecom.state.corp import App, Corp

HOUR = 3_600


@dataclass(slots=True)
class Grant:
    """One token of one app."""

    token: str
    agent_id: int
    secret: str
    expires_at: float
    lost: bool = False


class TokenDesk:
    """Hands out tokens and reads them back."""

    def __init__(self, modes: Modes, ids: IdMint) -> None:
        self._modes = modes
        self._ids = ids
        self._grants: dict[str, Grant] = {}
        self._newest: dict[int, str] = {}
        self._bad: dict[str, deque[float]] = {}

    def issue(self, corp: Corp, corp_id: str, secret: str, ip: str, at: float) -> tuple[str, int]:
        """A token and the seconds it has left.

        Raises Refused 40013 for a foreign corp, 40001 for a bad secret (45009 once an address sent
        too many of them within an hour).
        """
        if corp_id != corp.corp_id:
            raise Refused(40013, "invalid corpid")
        bad = self._bad.setdefault(ip, deque())
        while bad and bad[0] <= at - HOUR:
            bad.popleft()
        if len(bad) >= self._modes.bad_secrets_per_hour:
            raise Refused(45009, "api freq out of limit: too many bad secrets from this ip")
        app = corp.by_secret(secret)
        if app is None:
            bad.append(at)
            raise Refused(40001, "invalid credential")
        grant = self._grants.get(self._newest.get(app.agent_id, ""))
        renew = self._modes.token_renew_before_s
        if grant is None or grant.lost or grant.secret != secret or grant.expires_at - at <= renew:
            life = self._modes.token_life_s
            grant = Grant(self._ids.secret("token"), app.agent_id, secret, at + life)
            self._grants[grant.token] = grant
            self._newest[app.agent_id] = grant.token
        return grant.token, int(grant.expires_at - at)

    def read(self, corp: Corp, token: str, at: float) -> App:
        """The app behind a token. Raises Refused 41001, 40014 or 42001."""
        if not token:
            raise Refused(41001, "access_token missing")
        grant = self._grants.get(token)
        app = corp.apps.get(grant.agent_id) if grant else None
        if grant is None or grant.lost or app is None or app.secret != grant.secret:
            raise Refused(40014, "invalid access_token")
        if at >= grant.expires_at:
            raise Refused(42001, "access_token expired")
        return app

    def lose(self, agent_id: int | None = None) -> int:
        """Make tokens useless before their time (all, or one app's); returns how many."""
        lost = 0
        for grant in self._grants.values():
            if not grant.lost and agent_id in (None, grant.agent_id):
                grant.lost = True
                lost += 1
        return lost
