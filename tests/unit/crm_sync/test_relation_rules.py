"""The last reading wins, whatever order the news comes in."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from crm_sync.rules.relations import Landing, Standing, ends, landing, missing_ends

T0 = datetime(2026, 11, 22, tzinfo=UTC)


def _at(minute: int) -> datetime:
    return T0 + timedelta(minutes=minute)


def _standing(**fields: object) -> Standing:
    plain: dict[str, object] = {
        "digest": "d", "synced_at": None, "added_at": _at(0), "half": False, "ended_at": None,
        "ended_by": "",
    }  # fmt: skip
    return Standing(**(plain | fields))  # type: ignore[arg-type]


def _landed(stored: Standing | None, **fields: object) -> Landing:
    plain: dict[str, object] = {"digest": "d", "added_at": _at(0), "read_at": _at(10)}
    return landing(stored, **(plain | fields))  # type: ignore[arg-type]


def test_what_a_listing_means() -> None:
    assert _landed(None) is Landing.NEW
    assert _landed(_standing()) is Landing.SAME
    assert _landed(_standing(), digest="other") is Landing.CHANGED
    assert _landed(_standing(half=True)) is Landing.ACCEPTED
    assert _landed(_standing(synced_at=_at(11))) is Landing.STALE


def test_a_listing_does_not_bring_back_a_contact_who_left() -> None:
    left = _standing(ended_at=_at(5), ended_by="customer")
    assert _landed(left) is Landing.STAYS_ENDED
    assert _landed(left, added_at=_at(6)) is Landing.RESUMED
    assert _landed(left, event_at=_at(6)) is Landing.RESUMED
    assert _landed(left, event_at=_at(4)) is Landing.STAYS_ENDED


def test_a_listing_brings_back_what_staff_or_a_transfer_ended_before_it() -> None:
    for by in ("staff", "transfer", "reconcile"):
        assert _landed(_standing(ended_at=_at(5), ended_by=by)) is Landing.RESUMED
        assert _landed(_standing(ended_at=_at(11), ended_by=by)) is Landing.STALE


@given(end=st.integers(0, 20), begin=st.integers(0, 20))
def test_an_end_ends_only_what_began_before_it(end: int, begin: int) -> None:
    assert ends(_standing(added_at=_at(begin)), _at(end)) == (begin <= end)
    assert not ends(_standing(ended_at=_at(1)), _at(end))


def test_what_a_complete_reading_lacks_has_ended_unless_it_is_half_or_newer() -> None:
    assert missing_ends(_standing(synced_at=_at(9)), _at(10))
    assert not missing_ends(_standing(synced_at=_at(11)), _at(10))
    assert not missing_ends(_standing(added_at=_at(11)), _at(10))
    assert not missing_ends(_standing(half=True), _at(10))
    assert not missing_ends(_standing(ended_at=_at(3)), _at(10))


def test_readings_in_any_order_leave_the_last_one() -> None:
    for order in permutations([("a", 1), ("b", 2), ("c", 3)]):
        stored: Standing | None = None
        for digest, minute in order:
            how = _landed(stored, digest=digest, read_at=_at(minute))
            if how not in (Landing.STALE, Landing.SAME):
                stored = _standing(digest=digest, synced_at=_at(minute))
        assert stored is not None
        assert stored.digest == "c"
