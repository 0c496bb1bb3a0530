"""The tables of archive. They are its own: others ask for facts."""

from archive.models.alerts import Alert, Finding, SendMatch
from archive.models.evidence import EvidenceItem, EvidencePack
from archive.models.intake import ArchiveCursor, ArchiveGap, ArchiveRepeat, Quarantine
from archive.models.messages import ArchivedMessage, MessageGrams, MessageKey, MessagePerson

__all__ = [
    "Alert",
    "ArchiveCursor",
    "ArchiveGap",
    "ArchiveRepeat",
    "ArchivedMessage",
    "EvidenceItem",
    "EvidencePack",
    "Finding",
    "MessageGrams",
    "MessageKey",
    "MessagePerson",
    "Quarantine",
    "SendMatch",
]
