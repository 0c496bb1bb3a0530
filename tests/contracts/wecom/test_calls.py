"""Every call against its official samples, and against answers that are broken in every way."""

import asyncio
import contextlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.wecom.catalogue import ENDPOINTS
from tests.contracts.wecom.calls import CALLS, Call, Recorded, sample
from wecom.archive.errors import ArchiveError
from wecom.crypto import EnvelopeRefused
from wecom.errors import AnswerUnreadable, WecomError
from wecom.events import EventUnreadable

OK = {"errcode": 0, "errmsg": "ok"}
DOCS = Path(__file__).parents[3] / "docs"
NAMES = [f"{place}-{call.path}" for place, call in enumerate(CALLS)]
each_call = pytest.mark.parametrize("call", CALLS, ids=NAMES)


def ask(call: Call, answer: dict[str, Any]) -> tuple[Any, Recorded]:
    client = Recorded(answer)
    return asyncio.run(call.run(client)), client


def answer_of(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = sample(call.response)
    return found


@each_call
def test_a_call_goes_to_its_path_and_reads_its_official_answer(call: Call) -> None:
    result, client = ask(call, answer_of(call))
    assert {one.path for one in client.asked} == {call.path}
    if isinstance(result, list):
        assert result, "the sample's rows were read"


@each_call
def test_what_is_sent_has_only_the_fields_of_the_official_request(call: Call) -> None:
    _, client = ask(call, answer_of(call))
    if not call.request:
        return
    extra = shape(client.asked[0].body) - shape(sample(call.request))
    assert not extra


def shape(value: Any) -> set[tuple[str, ...]]:
    """Return the ways to every key; what lies in a list counts once."""
    found: set[tuple[str, ...]] = set()
    if isinstance(value, Mapping):
        for key, inner in value.items():
            found.add((key,))
            found |= {(key, *rest) for rest in shape(inner)}
    elif isinstance(value, (list, tuple)):
        for inner in value:
            found |= shape(inner)
    return found


@each_call
def test_an_answer_without_anything_is_empty_or_unreadable_never_a_crash(call: Call) -> None:
    for answer in (OK, {}):
        with contextlib.suppress(AnswerUnreadable):
            result, _ = ask(call, dict(answer))
            assert not isinstance(result, str), "an id that WeCom did not give"


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.just([]),
    st.just({}),
    st.just([None]),
    st.just([{}]),
    st.just([[]]),
    st.just({"a": 1}),
    st.just("9" * 5000),
)


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [way] if way else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += places(inner, (*way, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            found += places(inner, (*way, place))
    return found


def spoilt(answer: Any, way: tuple[Any, ...], junk: Any, drop: bool) -> None:
    inside = answer
    for step in way[:-1]:
        inside = inside[step]
    if drop:
        del inside[way[-1]]
    else:
        inside[way[-1]] = junk


@each_call
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_spoilt_answer_is_read_or_refused_never_a_crash(call: Call, data: st.DataObject) -> None:
    answer = answer_of(call)
    way = data.draw(st.sampled_from(places(answer)))
    spoilt(answer, way, data.draw(JUNK), data.draw(st.booleans()))
    client = Recorded(answer)
    with contextlib.suppress(WecomError):  # the only errors it may raise
        asyncio.run(call.run(client))
    assert client.asked[0].path == call.path


def test_the_simulator_knows_every_path_that_we_call() -> None:
    unknown = {call.path for call in CALLS} - set(ENDPOINTS)
    assert unknown <= {"agent/get"}


def test_every_call_that_may_not_be_repeated_is_explained() -> None:
    """docs/wecom-calls.md has one heading for each, saying how it is made safe."""
    once = {
        asked.path
        for call in CALLS
        for asked in ask(call, answer_of(call))[1].asked
        if not asked.idempotent
    }
    text = (DOCS / "wecom-calls.md").read_text(encoding="utf-8")
    parts = re.split(r"^### `([a-z_/]+)`$", text, flags=re.MULTILINE)[1:]
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    assert set(sections) == once
    assert [path for path, said in sections.items() if "怎样保证" not in said] == []


@pytest.mark.parametrize("call", [one for one in CALLS if one.request], ids=lambda one: one.path)
def test_requests_never_carry_an_empty_sender_or_a_null(call: Call) -> None:
    """WeCom refuses sender "" (40058); a null has no documented meaning anywhere."""
    _, client = ask(call, answer_of(call))
    body = client.asked[0].body
    assert "null" not in repr(body).split()
    assert None not in values(body)
    assert body.get("sender", "x")


def values(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [one for inner in value.values() for one in values(inner)]
    if isinstance(value, list):
        return [one for inner in value for one in values(inner)]
    return [value]


def test_every_error_of_wecom_is_in_the_table_of_errors() -> None:
    text = (DOCS / "wecom-errors.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(wecom\.[a-z_.]+)` \| `(\w+)`", text, re.MULTILINE))
    kinds: list[Any] = [*below(WecomError), *below(ArchiveError), EnvelopeRefused, EventUnreadable]
    assert told == {kind.code: kind.__name__ for kind in kinds}


def below(kind: type[Any]) -> list[type[Any]]:
    return [one for child in kind.__subclasses__() for one in (child, *below(child))]
