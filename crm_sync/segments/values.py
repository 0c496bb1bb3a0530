"""What is known of customers, one statement a dimension: what explanations are judged by."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.dimensions import Dimension, Type
from crm_sync.models import (
    Contact,
    ContactWay,
    Coverage,
    Customer,
    CustomerEvent,
    Holding,
    Lead,
    PersonaMembership,
    Relation,
    Unit,
    WecomTag,
)
from crm_sync.repository.keys import among, unnested
from crm_sync.repository.people import OWNER, live
from crm_sync.rules.condition_answers import Frame, Values, life_stage, source_of
from crm_sync.rules.conditions import Condition, asks
from crm_sync.rules.leads import STANDS
from crm_sync.rules.signals import Signal
from crm_sync.rules.tiers import bands_of
from crm_sync.segments import flows
from crm_sync.segments.asking import NOTHING, Asking, Outside, column_of
from crm_sync.segments.records import signals


async def values_of(
    session: AsyncSession,
    ids: Collection[int],
    conditions: Collection[Condition],
    frame: Frame,
    outside: Outside = NOTHING,
) -> dict[int, Values]:
    """Everything these conditions look at, by customer id; customers who left are left out."""
    asking = Asking(session, frame, outside)
    wanted = {ask.of.name: ask.of for one in conditions for ask in asks(one)}
    if not ids:
        return {}
    rows = (
        await session.execute(
            select(Customer)
            .where(among(session, col(Customer.id), ids), col(Customer.removed_at).is_(None))
            .execution_options(populate_existing=True)
        )
    ).scalars()
    found = {row.id: _of_customer(row, wanted.values(), frame) for row in rows if row.id}
    for one in wanted.values():
        read = READ.get(one.name)
        if read is None and one.at and not one.at.startswith("customer."):
            read = _of_other_table
        if read is None and one.type is Type.FLAG and not one.attribute:
            read = _of_flag
        if read is None:
            continue
        known = await read(asking, one, found)
        for customer_id, values in found.items():
            values[source_of(one)] = known.get(customer_id)
    return {key: values for key, values in found.items()}  # noqa: C416 — as plain Values


def _of_customer(row: Customer, wanted: Collection[Dimension], frame: Frame) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in wanted:
        name = source_of(one)
        if one.attribute:
            found[name] = row.attributes.get(one.attribute)
        elif one.at.startswith("customer."):
            found[name] = getattr(row, one.at.removeprefix("customer."))
        elif name == "born_on":
            found[name] = row.born_on
        elif name == "life_stage":
            found[name] = life_stage(row.attributes.get("life_stage"), row.born_on, frame.on)
        elif name == "band":
            amount = row.aum_fen if frame.tiers.measure == "point" else row.aum_average_fen
            found[name] = bands_of(amount, frame.tiers)
    return found


Found = Mapping[int, Any]
Read = Callable[[Asking, Dimension, Collection[int]], Any]


async def _of_other_table(asking: Asking, asked: Dimension, ids: Collection[int]) -> Found:
    table, name = column_of(asked)
    query = select(table.c.customer_id, table.c[name]).where(
        among(asking.session, table.c.customer_id, ids)
    )
    return {customer_id: value for customer_id, value in await asking.session.execute(query)}  # noqa: C416


async def _of_flag(asking: Asking, asked: Dimension, ids: Collection[int]) -> Found:
    known = asking.outside.flags.get(asked.name)
    if known is None:
        return {}
    column = next(iter(known.subquery().c))
    query = select(column).where(among(asking.session, column, ids))
    return dict.fromkeys((await asking.session.execute(query)).scalars(), True)


async def _grouped(asking: Asking, query: Any, key: Any, ids: Collection[int]) -> Found:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for customer_id, value in await asking.session.execute(
        query.where(among(asking.session, key, ids)).order_by(key)
    ):
        found[customer_id].append(str(value))
    return found


async def _units(asking: Asking, asked: Dimension, ids: Collection[int]) -> Found:
    query = (
        select(col(Customer.id), col(Unit.path))
        .join(Unit, col(Unit.unit_id) == col(Customer.unit_id))
        .where(among(asking.session, col(Customer.id), ids))
    )
    return {
        customer_id: [one for one in path.split("/") if one]
        for customer_id, path in await asking.session.execute(query)
        if customer_id is not None
    }


async def _owners(asking: Asking, asked: Dimension, ids: Collection[int]) -> Found:
    key = col(Coverage.customer_id)
    query = select(key, col(Coverage.staff_id)).where(col(Coverage.kind) == OWNER)
    return await _grouped(asking, query, key, ids)


async def _personas(asking: Asking, asked: Dimension, ids: Collection[int]) -> Found:
    key = col(PersonaMembership.customer_id)
    return await _grouped(asking, select(key, col(PersonaMembership.persona)), key, ids)


def _relations(column: Any) -> Any:
    return (
        select(col(Contact.customer_id), column)
        .select_from(Contact)
        .join(Relation, col(Relation.external_userid) == col(Contact.external_userid))
        .where(live())
    )


async def _tags(asking: Asking, asked: Dimension, ids: Collection[int]) -> Found:
    marked = unnested(asking.session, col(Relation.tag_ids))
    query = (
        select(col(Contact.customer_id), col(WecomTag.name))
        .select_from(Contact)
        .join(Relation, col(Relation.external_userid) == col(Contact.external_userid))
        .join(marked, true())
        .join(WecomTag, col(WecomTag.tag_id) == marked.c.value)
        .where(live(), col(WecomTag.ours).is_(False), col(WecomTag.removed_at).is_(None))
    )
    return await _grouped(asking, query, col(Contact.customer_id), ids)


async def _add_ways(asking: Asking, asked: Dimension, ids: Collection[int]) -> Found:
    return await _grouped(asking, _relations(col(Relation.add_way)), col(Contact.customer_id), ids)


async def _flows(asking: Asking, asked: Dimension, ids: Collection[int]) -> Found:
    query = select(col(Customer.id), flows.value_of(asked.name, asking)).where(
        among(asking.session, col(Customer.id), ids)
    )
    return {one: value for one, value in await asking.session.execute(query) if one is not None}


async def _leads(asking: Asking, asked: Dimension, ids: Collection[int]) -> Found:
    key = col(Lead.customer_id)
    query = select(key, col(Lead.finder)).where(col(Lead.state).in_(STANDS))
    return await _grouped(asking, query, key, ids)


async def _channels(asking: Asking, asked: Dimension, ids: Collection[int]) -> Found:
    query = (
        _relations(col(ContactWay.purpose))
        .join(ContactWay, col(ContactWay.state) == col(Relation.state))
        .where(col(ContactWay.purpose) != "")
    )
    return await _grouped(asking, query, col(Contact.customer_id), ids)


async def _friends(asking: Asking, asked: Dimension, ids: Collection[int]) -> Found:
    query = _relations(col(Relation.userid))
    return await _grouped(asking, query, col(Contact.customer_id), ids)


async def _groups(asking: Asking, asked: Dimension, ids: Collection[int]) -> Found:
    known = asking.outside.sets.get(asked.name)
    if known is None:
        return {}
    rows = known.subquery()
    query = select(rows.c.customer_id, rows.c.value)
    return await _grouped(asking, query, rows.c.customer_id, ids)


async def _holdings(asking: Asking, asked: Dimension, ids: Collection[int]) -> Found:
    found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    query: Any = select(
        col(Holding.customer_id),
        col(Holding.kind),
        col(Holding.product_code).label("product"),
        col(Holding.risk_level).label("risk"),
        col(Holding.amount_fen),
        col(Holding.matures_on),
        col(Holding.opened_on),
    ).where(among(asking.session, col(Holding.customer_id), ids), col(Holding.removed_at).is_(None))
    for row in (await asking.session.execute(query)).mappings():
        if row["matures_on"] is None or row["matures_on"] >= asking.on:
            found[row["customer_id"]].append(dict(row))
    return found


async def _events(asking: Asking, asked: Dimension, ids: Collection[int]) -> Found:
    found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    query = select(
        col(CustomerEvent.customer_id),
        col(CustomerEvent.kind),
        col(CustomerEvent.on),
        col(CustomerEvent.amount_fen),
    ).where(among(asking.session, col(CustomerEvent.customer_id), ids))
    for row in (await asking.session.execute(query)).mappings():
        found[row["customer_id"]].append(dict(row))
    return found


async def _signals(asking: Asking, asked: Dimension, ids: Collection[int]) -> Found:
    found: defaultdict[int, list[Signal]] = defaultdict(list)
    told = signals(asking)
    query = select(told).where(among(asking.session, told.c.customer_id, ids))
    for row in (await asking.session.execute(query)).mappings():
        found[row["customer_id"]].append(Signal(**row))
    return found


READ: Final[Mapping[str, Read]] = {
    "add_way": _add_ways,
    "channel": _channels,
    "event": _events,
    "friend": _friends,
    "group": _groups,
    "holding": _holdings,
    "interest": _signals,
    "lead": _leads,
    "owner": _owners,
    "persona": _personas,
    "tag": _tags,
    "unit": _units,
    **dict.fromkeys(flows.NAMES, _flows),
}
"""Dimensions whose values stand in tables of their own."""
