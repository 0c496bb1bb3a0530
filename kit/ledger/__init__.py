"""The record of every interaction and change: who did what to which thing, chained by hashes."""

from kit.ledger.append import append, hold
from kit.ledger.entries import Entry

__all__ = ["Entry", "append", "hold"]
