"""Every error code leads to one next action and, where a person waits, to one sentence."""

import copy
import pickle

import pytest

from wecom import errors
from wecom.errors import (
    AlreadyDone,
    Busy,
    LimitExceeded,
    Misconfigured,
    OutcomeUnknown,
    Refused,
    Rejected,
    RelationGone,
    TokenExpired,
    WecomError,
    error_for,
    known_codes,
    redact,
)

NEXT_ACTION: list[tuple[type[WecomError], list[int]]] = [
    (TokenExpired, [40014, 42001]),
    (Busy, [45009, 45033, 45035, 41063, 41079, 41096, 6000]),
    (AlreadyDone, [41051, 95033]),
    (RelationGone, [84061, 84084, 40096, 49008, 60111, 40131]),
    (Misconfigured, [40001, 40091, 60020, 301042, 48001, 48002, 48006, 48011, 50003, 60011]),
    (Misconfigured, [60031, 301052, 301053, 701008]),
    (Refused, [41048, 41050, 41053, 41094, 40099, 40100, 40128, 40129, 40130, 40144, 90500]),
    (Refused, [90502, 90504, 95001, 95002, 95018, 42052, 40201]),
    (Rejected, [40058, 40063, 41001, 50100, 40206, 81017, 40033]),
]


@pytest.mark.parametrize(
    ("kind", "errcode"), [(kind, code) for kind, codes in NEXT_ACTION for code in codes]
)
@pytest.mark.parametrize("idempotent", [True, False])
def test_a_code_of_the_official_table_leads_to_its_action(
    kind: type[WecomError], errcode: int, idempotent: bool
) -> None:
    error = error_for("externalcontact/get", errcode, "whatever", idempotent=idempotent)
    assert type(error) is kind
    assert error.errcode == errcode
    assert str(errcode) in str(error)
    assert error.person


def test_the_table_is_whole_and_every_row_can_be_acted_on() -> None:
    codes = known_codes()
    assert len(codes) == 263
    for row in codes.values():
        assert row.reaction in errors.REACTIONS
        assert (row.retry_after_s > 0) == (row.reaction == "busy"), row
        assert row.sentence.endswith("。"), row
        assert row.meaning


def test_system_busy_is_only_harmless_where_repeating_is() -> None:
    again = error_for("externalcontact/get", -1, "system busy", idempotent=True)
    assert isinstance(again, Busy)
    assert again.retry_after_s == 1
    assert type(error_for("externalcontact/add_msg_template", -1, "", idempotent=False)) is (
        OutcomeUnknown
    )


def test_a_frequency_limit_says_how_long_to_wait() -> None:
    error = error_for("user/get", 45009, "", idempotent=False)
    assert isinstance(error, Busy)
    assert error.retry_after_s == 60


def test_an_unknown_code_is_for_a_person_to_look_at() -> None:
    error = error_for("x", 987654, "new thing", idempotent=True)
    assert type(error) is Rejected
    assert "new thing" in str(error)
    assert "系统管理员" in error.person


def test_an_untrusted_address_is_named_for_the_operator() -> None:
    error = error_for("x", 60020, "not allow to access, from ip: 203.0.113.9", idempotent=True)
    assert "203.0.113.9" in str(error)
    assert "企业可信IP" in error.person


@pytest.mark.parametrize(
    "error",
    [
        Busy("p", "d", errcode=45009, retry_after_s=60),
        LimitExceeded("文本", 5000, 4000, "字节"),
        OutcomeUnknown("p", "d"),
    ],
)
def test_an_error_survives_copying_and_another_process(error: WecomError) -> None:
    for again in (copy.copy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301 - our own
        assert type(again) is type(error)
        assert again.__dict__ == error.__dict__
        assert str(again) == str(error)


def test_a_passed_limit_says_what_was_seen_and_what_is_allowed() -> None:
    assert LimitExceeded("文本", 5000, 4000, "字节").person == (
        "文本超出企业微信的限制：现为 5000字节，最多 4000字节。"
    )


@pytest.mark.parametrize(
    "text",
    [
        "GET https://h/cgi-bin/x?access_token=S3CRET-T0KEN&a=1",
        "corpid=ww1&corpsecret=S3CRET-T0KEN",
        '{"access_token": "S3CRET-T0KEN"}',
        "{'corpsecret': 'S3CRET-T0KEN'}",
        "code=S3CRET-T0KEN",
        "plain S3CRET-T0KEN in words",
    ],
)
def test_no_secret_passes_redaction(text: str) -> None:
    assert "S3CRET" not in redact(text, "S3CRET-T0KEN")
    if "plain" not in text:
        assert "S3CRET" not in redact(text)


def test_redacted_text_is_one_short_line() -> None:
    assert redact("a\nb\r\n\tc") == "a b c"
    assert len(redact("长" * 1000)) == 200


def test_the_tree_in_the_docstring_is_the_tree_in_the_code() -> None:
    drawn = {
        word
        for line in (errors.__doc__ or "").splitlines()
        if "──" in line
        for word in [line.split("──")[1].split()[0]]
    }
    raised = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, WecomError) and value is not WecomError
    }
    assert drawn == raised
    assert len({getattr(errors, name).code for name in raised}) == len(raised)
