"""What was asked of WeCom and what reached people: the oracle of tests. Append-only."""

from collections import Counter
from typing import Any

from simulator.wecom.errors import Json

SECRET_FIELDS = frozenset(
    {"corpsecret", "access_token", "suite_access_token", "user_ticket", "secret"}
)


class Seen:
    """A numbered list that only grows: there is no way to change or remove a row."""

    def __init__(self) -> None:
        self._rows: list[Json] = []
        self._kinds: Counter[str] = Counter()
        self._paths: Counter[str] = Counter()
        self._codes: Counter[str] = Counter()
        self._received: Counter[str] = Counter()

    def append(self, kind: str, at: float, **facts: Any) -> int:
        """Add one row and return its number ``n`` (from 1)."""
        row = {"n": len(self._rows) + 1, "kind": kind, "at": at, **facts}
        self._rows.append(row)
        self._kinds[kind] += 1
        if kind == "request":
            self._paths[facts["path"]] += 1
            self._codes[f"{facts['path']} {facts['errcode']}"] += 1
        receiver = facts.get("external_userid") or facts.get("chat_id")
        if kind in RECEIVED and receiver:
            self._received[f"{kind} {receiver}"] += 1
        return len(self._rows)

    def after(self, number: int, kinds: frozenset[str], limit: int) -> list[Json]:
        """Rows with ``n`` above ``number``, of these kinds (all when empty), at most ``limit``."""
        found: list[Json] = []
        for row in self._rows[number:]:
            if not kinds or row["kind"] in kinds:
                found.append(row)
                if len(found) == limit:
                    break
        return found

    def last(self) -> int:
        """The number of the newest row."""
        return len(self._rows)

    def counts(self) -> Json:
        """Totals by kind, by path, by path and errcode, and by kind and receiver."""
        return {
            "last": len(self._rows),
            "kinds": dict(self._kinds),
            "requests": dict(self._paths),
            "errcodes": dict(self._codes),
            "received": dict(self._received),
        }


RECEIVED = frozenset({"welcome", "broadcast", "chat", "moment", "group"})


def without_secrets(value: Any) -> Any:
    """A copy of a request with every secret blanked."""
    if isinstance(value, dict):
        return {
            key: "***" if key in SECRET_FIELDS and part else without_secrets(part)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [without_secrets(part) for part in value]
    return value
