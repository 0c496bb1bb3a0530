"""What of an item is said in a chat, in pieces for the gate: words, fields, the sender's greeting."""

from collections.abc import Mapping
from typing import Final

from content_library.article_text import plain
from content_library.facts import ApprovedScript, Library
from content_library.item_rules import PLAIN
from content_library.render import MAX_BYTES, Pieces, pieces

GREETING: Final = "greeting"
"""The name under which a greeting stands among the pieces: it is judged as a value is."""


def said_pieces(item: ApprovedScript, facts: Mapping[str, object], greeting: str = "") -> Pieces:
    """The words that reach a customer by this item, in order. Raises as ``render.pieces``.

    Of an article and a material these are the words on it, which the gate reads again; of a long
    article its title, its summary and its end, where disclosures stand.
    """
    if item.library in PLAIN:
        return (("", seen_words(item)),)
    said = pieces(item.template, facts)
    return ((GREETING, greeting), ("", "\n"), *said) if greeting else said


def seen_words(item: ApprovedScript) -> str:
    """The words on an article or a material, as long as a message may be."""
    if item.library != Library.ARTICLE:
        return "\n".join(part for part in (item.title, item.template) if part)
    head = f"{item.title}\n{item.detail.get('summary', '')}\n"
    body = plain(item.template)
    room = MAX_BYTES["sidebar"] - len(head.encode())
    while len(body.encode()) > room:
        body = body.partition("\n")[2] or body.encode()[-room:].decode(errors="ignore")
    return head + body
