"""Ids, days, refusals and log lines behave as everybody relies on."""

import json
import logging
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time

import pytest
import structlog

from kit import clock, log
from kit.errors import AppError, ConfigurationRefused, IntegrityBroken
from kit.ids import new_id


def test_ids_rise_and_never_repeat_whatever_the_threads() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: [new_id() for _ in range(5_000)], range(8)))
    flat = [one for some in made for one in some]
    assert len(set(flat)) == len(flat)
    assert all(some == sorted(some) for some in made)
    assert max(flat) < 2**63


def _process_number(_: int) -> int:
    return (new_id() >> 9) % (1 << 13)


def test_processes_forked_from_one_draw_numbers_of_their_own() -> None:
    with multiprocessing.get_context("fork").Pool(6, maxtasksperchild=1) as pool:
        drawn = pool.map(_process_number, range(6), chunksize=1)
    assert len({*drawn, _process_number(0)}) > 4  # two may meet by chance, not all of them


def test_the_banks_day_begins_at_beijing_midnight() -> None:
    assert clock.bank_date(datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC)) == date(2026, 11, 21)
    assert clock.bank_date(datetime(2026, 11, 21, 16, 0, tzinfo=UTC)) == date(2026, 11, 22)
    at = clock.bank_moment(date(2026, 11, 22), time(8, 30))
    assert at == datetime(2026, 11, 22, 0, 30, tzinfo=UTC)
    assert clock.end_of_bank_day(at) == datetime(2026, 11, 22, 16, tzinfo=UTC)


def test_a_refusal_says_what_was_seen_where_to_look_and_what_to_do() -> None:
    refusal = ConfigurationRefused(
        "不像企业 ID", saw="青禾银行", where="我的企业", do="改成 ww 开头"
    )
    assert refusal.sentence() == (
        "不像企业 ID。现在是“青禾银行”。在哪看：我的企业。怎么办：改成 ww 开头（编号 E-1000）"
    )
    assert refusal.as_dict()["code"] == "E-1000"
    assert (refusal.exit_code, IntegrityBroken("x").exit_code, AppError("x").exit_code) == (2, 3, 1)


def test_no_secret_leaves_through_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    log.setup(level="DEBUG")
    try:
        log.get("t").info(
            "wecom.called",
            url="https://x/cgi-bin/gettoken?corpsecret=TOPSECRET&access_token=TOKEN1",
            corpsecret="TOPSECRET",
            nickname="line\nbreak",
        )
        line = capsys.readouterr().err
    finally:
        root.handlers[:], _ = before
        root.setLevel(before[1])
        structlog.reset_defaults()
    assert "TOPSECRET" not in line
    assert "TOKEN1" not in line
    assert json.loads(line)["nickname"] == "line\nbreak"
    assert line.count("\n") == 1
