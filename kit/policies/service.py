"""The life of a policy's version: proposed with a reason, decided by another person. Recorded."""

import hashlib
from datetime import datetime
from typing import Any, Final

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config import policy_files
from kit.ledger import Entry, append
from kit.policies import repository
from kit.policies.errors import (
    AlreadyWaiting,
    NotWaiting,
    Overtaken,
    OwnProposal,
    PolicyRefused,
    WordsNeeded,
)
from kit.policies.facts import State, Version
from kit.policies.models import PolicyVersion
from kit.policies.reading import kind_of, values_of

SHORTEST: Final = 4


async def text_in_force(session: AsyncSession, name: str) -> tuple[int, str]:
    """The number and text that hold now: 0 and the shipped text where nobody changed it.

    Raises PolicyUnknown.
    """
    kind = kind_of(name)
    found = (await repository.in_force(session)).get(name)
    return (found.number, found.text) if found else (0, policy_files.text(kind.name))


async def propose(
    session: AsyncSession, name: str, text: str, *, reason: str, by: str, at: datetime
) -> int:
    """Propose ``text`` (TOML) as the next version of a policy; returns its number.

    Raises PolicyUnknown, PolicyRefused, WordsNeeded, AlreadyWaiting.
    """
    kind = kind_of(name)
    said = _words(reason, "请写修改理由", "例如：分行要求把有效客户起点提到 2 万")
    text = text.replace("\r\n", "\n").strip() + "\n"
    values = values_of(kind, text)
    based_on, holds = await text_in_force(session, name)
    if values == values_of(kind, holds):
        raise PolicyRefused("和现在生效的一样，没有改动", do="改好内容再提交")
    number = await repository.newest_number(session, name) + 1
    try:
        async with session.begin_nested():
            session.add(
                PolicyVersion(
                    name=name,
                    number=number,
                    text=text,
                    digest=hashlib.sha256(text.encode()).hexdigest(),
                    based_on=based_on,
                    reason=said,
                    proposed_by=by,
                    proposed_at=at,
                )
            )
    except IntegrityError:
        raise AlreadyWaiting(
            "这项策略已有一份修改在等复核", saw=kind.title, do="先请人复核或撤回那一份"
        ) from None
    await _record(
        session, await repository.row(session, name, number), "policy.proposed", by, said, at
    )
    return number


async def approve(
    session: AsyncSession, name: str, number: int, *, opinion: str, by: str, at: datetime
) -> Version:
    """Put a proposal in force; the version before it is kept as replaced.

    Raises PolicyUnknown, NotWaiting, OwnProposal, WordsNeeded, Overtaken, and PolicyRefused where
    this program no longer understands the text.
    """
    found = await _waiting(session, name, number)
    said = _words(opinion, "请写复核意见", "例如：与分行文件一致，同意")
    if found.proposed_by == by:
        raise OwnProposal("不能复核自己提交的修改", do="请另一位有权限的同事复核")
    values_of(kind_of(name), found.text)
    holds, _ = await text_in_force(session, name)
    if holds != found.based_on:
        raise Overtaken(
            "提交之后，这项策略换了新版本",
            saw=f"提交时第 {found.based_on} 版，现在第 {holds} 版",
            do="退回，请提交人在新版本上重做",
        )
    await session.execute(
        update(PolicyVersion)
        .where(col(PolicyVersion.name) == name, col(PolicyVersion.state) == State.IN_FORCE)
        .values(state=State.REPLACED)
    )
    await _decide(session, found, State.IN_FORCE, said, by, at)
    await _record(session, found, "policy.approved", by, said, at)
    return repository.fact(found)


async def refuse(
    session: AsyncSession, name: str, number: int, *, opinion: str, by: str, at: datetime
) -> None:
    """Refuse a proposal; whoever proposed it withdraws it by the same step.

    Raises PolicyUnknown, NotWaiting, WordsNeeded.
    """
    found = await _waiting(session, name, number)
    said = _words(opinion, "请写意见", "例如：起点与总行文件不一致，退回")
    own = found.proposed_by == by
    await _decide(session, found, State.WITHDRAWN if own else State.REFUSED, said, by, at)
    await _record(session, found, "policy.withdrawn" if own else "policy.refused", by, said, at)


async def _waiting(session: AsyncSession, name: str, number: int) -> PolicyVersion:
    kind_of(name)
    found = await repository.row(session, name, number)
    if found.state != State.PROPOSED:
        raise NotWaiting("这一份已经处理过了", saw=f"第 {number} 版", do="刷新策略页面")
    return found


async def _decide(
    session: AsyncSession, found: PolicyVersion, state: State, opinion: str, by: str, at: datetime
) -> None:
    done = await session.execute(
        update(PolicyVersion)
        .where(
            col(PolicyVersion.name) == found.name,
            col(PolicyVersion.number) == found.number,
            col(PolicyVersion.state) == State.PROPOSED,
        )
        .values(state=state, opinion=opinion, decided_by=by, decided_at=at)
        .returning(col(PolicyVersion.number))
    )
    if done.scalar_one_or_none() is None:
        raise NotWaiting("这一份刚刚被处理过了", saw=f"第 {found.number} 版", do="刷新策略页面")
    await session.refresh(found)


async def _record(
    session: AsyncSession, found: PolicyVersion, act: str, by: str, reason: str, at: datetime
) -> None:
    payload: dict[str, Any] = {
        "policy": found.name,
        "version": found.number,
        "based_on": found.based_on,
        "digest": found.digest,
        "proposed_by": found.proposed_by,
    }
    entry = Entry(
        kind="setup",
        act=act,
        actor=by,
        object=f"policy:{found.name}",
        unit="hq",
        reason=reason,
        payload=payload,
    )
    await append(session, [entry], at=at)


def _words(text: str, what: str, example: str) -> str:
    said = " ".join(text.split())
    if len(said) < SHORTEST:
        raise WordsNeeded(what, saw=said, do=example)
    return said[:400]
