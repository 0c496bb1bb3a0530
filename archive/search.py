"""Finds what was said, two characters and up, within what the viewer may see; records each look.

The index gives candidates (``archive.index``); each is opened and looked through for the real
words, so a hash that collides or windows that stand apart show nothing wrong. A query of one
character has no window: the newest messages of the scope are opened and read instead, up to
``READ_AT_MOST``, and the answer says so.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from archive.content import described, opened, rows_of
from archive.errors import NothingToSearch
from archive.facts import FoundPage, SearchScope, Viewing
from archive.index import day_tokens, index_of, tag, text_tokens
from archive.models import ArchivedMessage, Finding, MessagePerson
from archive.parties import plain_id
from archive.reading import Message
from archive.wording import searchable
from kit.clock import bank_date
from kit.crypto import FieldCipher
from kit.db import cipher_of
from kit.ledger import Entry, append

READ_AT_MOST: Final = 5_000
_CANDIDATES_AT_MOST: Final = 20_000
_FIRST_BATCH: Final = 100
_LARGEST_BATCH: Final = 2_000
_TAGS_AT_MOST: Final = 300
_DAYS_ALONE: Final = 7  # because longer spans by themselves hold too much to sort
_LONGEST_QUERY: Final = 200


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; every field narrows. ``person`` is a userid or an external_userid."""

    words: str = ""
    person: str | None = None
    group: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    rule: str | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing at all is asked."""
        asked = (self.words.strip(), self.person, self.group, self.since, self.until, self.rule)
        return not any(asked)


async def search(
    session: AsyncSession,
    scope: SearchScope,
    query: Query,
    viewing: Viewing,
    *,
    at: datetime,
    limit: int = 20,
    before: int | None = None,
) -> FoundPage:
    """The newest ``limit`` messages that match, below the number ``before``.

    Writes one ledger entry (kind access, act ``chat.searched``) with the query and the ids that
    were shown, so ``session`` must be a writing one. Raises NothingToSearch for an empty query.
    """
    if query.empty:
        raise NothingToSearch(
            "检索条件是空的", do="写两个字以上的词，或选客户、员工、群、时间、规则"
        )
    wanted = searchable(query.words[:_LONGEST_QUERY])
    look = _Look(session, scope, query, wanted, at)
    found, below, complete = await look.collect(limit, before)
    last = await rows_of(session, [below]) if below is not None and not complete else {}
    messages = await described(
        session, [(row, message, _spans(query.words, message.text)) for row, message in found]
    )
    [view] = await append(
        session,
        [
            Entry(
                kind="access",
                act="chat.searched",
                actor=viewing.actor,
                object="archive:search",
                unit=viewing.unit,
                reason=viewing.reason,
                request_id=viewing.request_id,
                payload={
                    "words": query.words,
                    "person": query.person,
                    "group": query.group,
                    "since": query.since,
                    "until": query.until,
                    "rule": query.rule,
                    "shown": [message.msgid for message in messages],
                },
            )
        ],
        at=at,
    )
    more = below if len(messages) == limit or not complete else None
    return FoundPage(
        messages=messages,
        before=more,
        complete=complete,
        looked_back_to=next((row.sent_at for row in last.values()), None),
        view=view,
    )


class _Look:
    """One search under way."""

    def __init__(
        self, session: AsyncSession, scope: SearchScope, query: Query, wanted: str, at: datetime
    ) -> None:
        self._session = session
        self._cipher = cipher_of(session)
        self._query = query
        self._wanted = wanted
        self._conditions = conditions(scope, query)
        self._all_of, self._any_of = _tokens(self._cipher, scope, query, wanted, at)
        self._nobody = scope.userids is not None and not (scope.userids or scope.groups)

    async def collect(
        self, limit: int, before: int | None
    ) -> tuple[list[tuple[ArchivedMessage, Message]], int | None, bool]:
        """Matches, the lowest number looked at, and whether everything below was looked at."""
        found: list[tuple[ArchivedMessage, Message]] = []
        below, looked = before, 0
        # A query without windows costs one opened message a candidate, hence the lower bound.
        most = READ_AT_MOST if len(self._wanted) == 1 else _CANDIDATES_AT_MOST
        batch = max(_FIRST_BATCH, limit)
        while not self._nobody:
            seqs = await self._candidates(below, batch)
            if not seqs:
                break
            rows = await self._rows(seqs)
            for seq in seqs:
                below = seq
                if seq in rows:
                    message = opened(self._cipher, rows[seq])
                    if self._wanted in searchable(message.text):
                        found.append((rows[seq], message))
                        if len(found) == limit:
                            return found, below, True
            looked += len(seqs)
            if len(seqs) < batch:
                break
            if looked >= most:
                return found, below, False
            batch = min(batch * 2, _LARGEST_BATCH, max(most - looked, _FIRST_BATCH))
        return found, below, True

    async def _candidates(self, below: int | None, limit: int) -> list[int]:
        if self._query.rule is not None:
            return await self._with_finding(self._query.rule, below, limit)
        if self._all_of or self._any_of:
            return await index_of(self._session).newest(
                self._session,
                self._all_of,
                self._any_of,
                below=below,
                limit=limit,
                since=self._query.since,
                until=self._query.until,
            )
        query = select(col(ArchivedMessage.seq)).where(*self._conditions)
        if below is not None:
            query = query.where(col(ArchivedMessage.seq) < below)
        query = query.order_by(col(ArchivedMessage.seq).desc()).limit(limit)
        return list((await self._session.execute(query)).scalars())

    async def _with_finding(self, rule: str, below: int | None, limit: int) -> list[int]:
        query = select(col(Finding.seq)).where(col(Finding.rule) == rule).distinct()
        if below is not None:
            query = query.where(col(Finding.seq) < below)
        query = query.order_by(col(Finding.seq).desc()).limit(limit)
        return list((await self._session.execute(query)).scalars())

    async def _rows(self, seqs: Sequence[int]) -> dict[int, ArchivedMessage]:
        query = select(ArchivedMessage).where(
            col(ArchivedMessage.seq).in_(list(seqs)), *self._conditions
        )
        return {row.seq: row for row in (await self._session.execute(query)).scalars()}


def conditions(scope: SearchScope, query: Query) -> list[ColumnElement[bool]]:
    """The exact conditions on ``archived_message``; the index only makes them fast."""
    found: list[ColumnElement[bool]] = []
    if scope.userids is not None:
        mine = select(col(MessagePerson.seq)).where(
            col(MessagePerson.seq) == col(ArchivedMessage.seq),
            col(MessagePerson.person).in_(sorted(scope.userids)),
        )
        in_sight: list[Any] = [mine.exists()]
        if scope.groups:
            in_sight.append(col(ArchivedMessage.room_id).in_(sorted(scope.groups)))
        found.append(or_(*in_sight))
    if query.person:
        theirs = select(col(MessagePerson.seq)).where(
            col(MessagePerson.seq) == col(ArchivedMessage.seq),
            col(MessagePerson.person) == plain_id(query.person),
        )
        found.append(theirs.exists())
    if query.group:
        found.append(col(ArchivedMessage.room_id) == query.group)
    if query.since is not None:
        found.append(col(ArchivedMessage.sent_at) >= query.since)
    if query.until is not None:
        found.append(col(ArchivedMessage.sent_at) < query.until)
    return found


def _tokens(
    cipher: FieldCipher, scope: SearchScope, query: Query, wanted: str, at: datetime
) -> tuple[list[int], list[list[int]]]:
    all_of = text_tokens(cipher, query.words) if len(wanted) > 1 else []
    any_of: list[list[int]] = []
    if query.person:
        all_of.append(tag(cipher, "person", plain_id(query.person)))
    if query.group:
        all_of.append(tag(cipher, "room", query.group))
    if scope.userids is not None and len(scope.userids) + len(scope.groups) <= _TAGS_AT_MOST:
        seen = [tag(cipher, "person", one) for one in sorted(scope.userids)]
        seen += [tag(cipher, "room", one) for one in sorted(scope.groups)]
        if seen:
            any_of.append(seen)
    if query.since is not None:
        until = bank_date(query.until or at + timedelta(days=1))
        days = day_tokens(cipher, bank_date(query.since), until)
        if days and (all_of or any_of or len(days) <= _DAYS_ALONE):
            any_of.append(days)
    return all_of, any_of


def _spans(words: str, text: str) -> tuple[tuple[int, int], ...]:
    """Where the query stands in the text as it reads, for marking; at most twenty places."""
    if not words.strip():
        return ()
    pattern = re.compile(re.escape(words.strip()), re.IGNORECASE)
    return tuple(match.span() for match in pattern.finditer(text))[:20]
