"""Evidence packs (证据包): asked for by one, allowed by another, verified without us."""

from archive.evidence.building import build
from archive.evidence.requests import PackFact, approve, packs, refuse, request

__all__ = ["PackFact", "approve", "build", "packs", "refuse", "request"]
