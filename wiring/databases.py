"""The bank's database and the inbox: two files when embedded, one database in production."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from config.settings import Settings
from kit.crypto import FieldCipher
from kit.db import Database


@dataclass(frozen=True)
class Databases:
    """``inbox`` is its own file when embedded, so that a planning run never holds a callback."""

    bank: Database
    inbox: Database

    @property
    def distinct(self) -> tuple[Database, ...]:
        """Every database once."""
        return (self.bank,) if self.bank is self.inbox else (self.bank, self.inbox)

    async def close(self) -> None:
        """Give every connection back."""
        for database in self.distinct:
            await database.close()


def urls(settings: Settings) -> tuple[str, str]:
    """(bank, inbox) database URLs of these settings."""
    bank = settings.database_url.get_secret_value()
    inbox = settings.inbox_url.get_secret_value()
    if inbox:
        return bank, inbox
    parsed = make_url(bank)
    if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
        path = Path(str(parsed.database))
        beside = path.with_name(f"{path.stem}-inbox{path.suffix}")
        return bank, parsed.set(database=str(beside)).render_as_string(hide_password=False)
    return bank, bank


def open_databases(settings: Settings, cipher: FieldCipher) -> Databases:
    """Both databases; directories of SQLite files are made."""
    bank_url, inbox_url = urls(settings)
    for url in {bank_url, inbox_url}:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    bank = Database(bank_url, cipher, pool_size=settings.database_pool)
    if inbox_url == bank_url:
        return Databases(bank, bank)
    return Databases(bank, Database(inbox_url, cipher, pool_size=settings.database_pool))
