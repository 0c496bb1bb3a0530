"""The corp, its apps with their secrets, and where its callbacks go."""

from dataclasses import dataclass, field
from typing import Literal

AppKind = Literal["app", "directory", "archive"]
ARCHIVE_AGENT = 2_000_004


@dataclass(slots=True)
class CallbackTarget:
    """One receive URL with its token and EncodingAESKey."""

    url: str
    token: str
    aes_key: str


@dataclass(slots=True)
class VisibleRange:
    """Whom an app may see; both None means everybody."""

    users: frozenset[str] | None = None
    departments: frozenset[int] | None = None

    @property
    def everybody(self) -> bool:
        """Whether the range is the whole corp."""
        return self.users is None and self.departments is None


@dataclass(slots=True)
class App:
    """An own app, the 通讯录同步 assistant (directory) or the 会话存档 program (archive).

    ``low_active``: too few members use the corp, customer data is closed (48011). ``closed``: the
    app was disabled for lack of use (50003).
    """

    agent_id: int
    secret: str
    kind: AppKind = "app"
    name: str = ""
    customer_api: bool = True
    callback: CallbackTarget | None = None
    visible: VisibleRange = field(default_factory=VisibleRange)
    low_active: bool = False
    closed: bool = False


@dataclass(slots=True)
class Corp:
    """The tenant. Apps by agent id; the first own app is the main one."""

    corp_id: str = ""
    name: str = ""
    callback: CallbackTarget | None = None
    apps: dict[int, App] = field(default_factory=dict)

    def by_secret(self, secret: str) -> App | None:
        """The app that owns ``secret``."""
        return next((app for app in self.apps.values() if app.secret == secret), None)

    def main_app(self) -> App | None:
        """The first own app, which shares the corp's callback URL."""
        return next((app for app in self.apps.values() if app.kind == "app"), None)

    def target_of(self, app: App) -> CallbackTarget | None:
        """Where the events of ``app`` go: its own URL, or the corp's for main, directory, archive."""
        if app.callback is not None:
            return app.callback
        shares = app.kind != "app" or app is self.main_app()
        return self.callback if shares else None
