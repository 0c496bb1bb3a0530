"""Benefits, events and referrals at the desk: proposed by one, approved by another, then given."""

import re

import pytest

from tests.flows.console.office import Office

pytestmark = pytest.mark.anyio

FORM = {
    "kind": "point", "title": "达标有礼", "words": "听完一场理财讲座，得 500 积分。",
    "condition": "attend_event", "points": "500", "budget": "50", "valid_from": "2026-11-01",
    "valid_until": "2026-12-31",
}  # fmt: skip
TALK = {
    **FORM, "kind": "event", "form": "lecture", "title": "反诈讲座", "points": "", "budget": "",
    "held_on": "2026-12-05", "place": "翠湖支行", "seats": "2", "condition": "open_to_all",
}  # fmt: skip


@pytest.mark.mission("A3", "F8", "F11")
async def test_the_deposit_form_comes_back_with_its_reason_and_the_allowed_form_is_given(
    desk_office: Office,
) -> None:
    head, second = await desk_office.sit("wangshan"), await desk_office.sit("hejing")
    assert "由另一个人批准后才能发放" in await head.page("/c/benefits/new?kind=event")
    refused = await head.post("/c/benefits", {**FORM, "words": "存满 20 万元得 500 积分"})
    assert refused.status_code == 422
    assert all(word in refused.text for word in ("E-2702", "48号", "完成风险测评", "存满 20 万元"))
    assert (await head.post("/c/benefits", {**FORM, "condition": "aum"})).status_code == 422
    made = await head.post("/c/benefits", FORM)
    assert made.status_code == 303, made.text
    path = made.headers["location"]
    assert "要由另一位同事批准" in await head.page(path)
    own = await head.post(f"{path}/decide", {"choice": "approve", "opinion": "好"})
    assert own.status_code == 403
    gift = {"customers": "6210003821"}
    assert (await head.post(f"{path}/grants", gift)).status_code == 409
    agreed = await second.post(f"{path}/decide", {"choice": "approve", "opinion": "已核对"})
    assert agreed.status_code == 303
    assert (await head.post(f"{path}/grants", gift)).status_code == 303
    assert (await head.post(f"{path}/grants", gift)).status_code == 409
    assert (await head.page(path)).split('id="list"')[1].count("data-row") == 1
    branch = await desk_office.sit("zhaolei")
    assert (await branch.post(f"{path}/grants", gift)).status_code == 422
    assert (await branch.page(path)).split('id="list"')[1].count("data-row") == 0
    assert "达标有礼" in await head.page("/c/benefits?state=approved")
    assert "达标有礼" not in await head.page("/c/benefits?state=proposed")
    assert (await head.get(f"/api/v1{path}")).json()
    assert (await (await desk_office.sit("gaoyuan")).get("/c/benefits")).status_code == 403


@pytest.mark.mission("F11")
async def test_an_event_is_seen_and_its_people_registered(desk_office: Office) -> None:
    head, second = await desk_office.sit("wangshan"), await desk_office.sit("hejing")
    made = await head.post("/c/benefits", TALK)
    assert made.status_code == 303, made.text
    path = made.headers["location"]
    assert path.startswith("/c/events/")
    await second.post(
        f"/c/benefits/{path.split('/')[-1]}/decide", {"choice": "approve", "opinion": "可以"}
    )
    listed = await head.page("/c/events?form=lecture")
    assert "反诈讲座" in listed
    assert "反诈讲座" not in await head.page("/c/events?form=travel")
    assert "理财讲座" in await head.page(path)
    both = {"customers": "6210003821 6220001205"}
    assert (await head.post(f"{path}/places", both)).status_code == 303
    assert (await head.post(f"{path}/places", {"customers": "6210007742"})).status_code == 409
    shown = await head.page(path)
    places = re.findall(r'action="(/c/events/\d+/places/\d+)"', shown)
    assert len(places) == 2
    assert (await head.post(places[0], {"choice": "came"})).status_code == 303
    assert (await head.page(f"{path}?state=attended")).split('id="list"')[1].count("data-row") == 1


@pytest.mark.mission("F8")
async def test_more_numbers_than_a_form_takes_are_refused_and_nobody_is_served(
    desk_office: Office,
) -> None:
    head, second = await desk_office.sit("wangshan"), await desk_office.sit("hejing")
    point = (await head.post("/c/benefits", FORM)).headers["location"]
    talk = (await head.post("/c/benefits", {**TALK, "seats": "9"})).headers["location"]
    for path in (point, talk):
        number = path.split("/")[-1]
        agreed = {"choice": "approve", "opinion": "可以"}
        assert (await second.post(f"/c/benefits/{number}/decide", agreed)).status_code == 303
    many = " ".join(["6210003821", *(f"99{number:08d}" for number in range(200))])
    for path in (f"{point}/grants", f"{talk}/places"):
        refused = await head.post(path, {"customers": many})
        assert refused.status_code == 422
        assert all(word in refused.text for word in ("E-2708", "一次最多写 200 个", "201 个"))
        one_too_few = await head.post(path, {"customers": f"6210003821 {many[-10:]}"})
        assert "E-2707" in one_too_few.text
    for path in (point, talk):
        assert (await head.page(path)).split('id="list"')[1].count("data-row") == 0


@pytest.mark.mission("F9")
async def test_a_referral_is_recorded_by_one_and_credited_by_another(desk_office: Office) -> None:
    head, second = await desk_office.sit("wangshan"), await desk_office.sit("hejing")
    assert "还没有客户推荐" in await head.page("/c/referrals")
    thanks = await head.post("/c/benefits", {**FORM, "title": "推荐有谢", "condition": "referral"})
    number = thanks.headers["location"].split("/")[-1]
    await second.post(f"/c/benefits/{number}/decide", {"choice": "approve", "opinion": "可以"})
    pair = {"referrer": "6210003821", "referred": "6210007742"}
    made = await head.post("/c/referrals", pair)
    assert made.status_code == 303, made.text
    path = made.headers["location"]
    self_made = await head.post("/c/referrals", {**pair, "referred": "6210003821"})
    circle = {"referrer": "6210007742", "referred": "6210003821"}
    assert self_made.status_code == (await head.post("/c/referrals", circle)).status_code == 422
    assert (await head.post(f"{path}/credit", {"benefit_id": number})).status_code == 403
    assert (await second.post(f"{path}/credit", {"benefit_id": number})).status_code == 303
    assert (await second.post(f"{path}/credit", {"benefit_id": number})).status_code == 409
    assert "已记积分" in await head.page(path)
    assert (await head.page("/c/referrals?state=credited")).count("data-row") == 1
    assert (await (await desk_office.sit("zhaolei")).get(path)).status_code == 404
