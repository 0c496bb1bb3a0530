"""What other packages know of customers, for the rule language: groups they sit in, consents."""

from sqlalchemy import literal, select, union

from community import repository as groups
from compliance.repository import agreed, unprofiled
from crm_sync.segments.asking import Outside
from crm_sync.segments.contacts import of_customers


def known_elsewhere() -> Outside:
    """Everything the dimensions of ``config/dimensions.py`` ask of others, as selects.

    A group counts by its interest, its persona and its chat id; as a trace of interest a seat in
    it lasts as long as the customer sits there.
    """
    rows = of_customers(groups.seats()).subquery("seat")
    named = [
        select(rows.c.customer_id, value.label("value")).where(value != "")
        for value in (rows.c.interest, rows.c.persona, rows.c.chat_id)
    ]
    traces = select(
        rows.c.customer_id,
        rows.c.told.label("interest"),
        literal("group").label("source"),
        rows.c.joined_at.label("at"),
        rows.c.chat_id.label("ref"),
        literal("").label("says"),
        literal(False).label("consented"),
    ).where(rows.c.told != "", rows.c.joined_at.is_not(None))
    return Outside(
        flags={
            "consent_marketing": agreed("marketing"),
            "consent_profiling": agreed("profiling"),
        },
        sets={"group": union(*named)},
        signals=traces,
        unprofiled=unprofiled(),
    )
