"""OAuth codes and user tickets (api.md 7.4)."""

from dataclasses import dataclass


@dataclass(slots=True)
class LoginCode:
    """A code that stands for a member, or for somebody outside (openid)."""

    code: str
    agent_id: int
    userid: str = ""
    openid: str = ""
    external_userid: str = ""
    private: bool = False
    ends_at: float = 0.0
    used: bool = False


class LoginDesk:
    """Codes that were issued, and the tickets that followed."""

    def __init__(self) -> None:
        self.codes: dict[str, LoginCode] = {}
        self.tickets: dict[str, tuple[str, float]] = {}
