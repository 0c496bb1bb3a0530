"""What the telephone exchange answers, as our side understands it; its errors name no secret."""

import httpx
import pytest
from pydantic import SecretStr

from config.settings import DiallerSettings, ValidationError, load
from delivery.dialling import Dialled, Stage
from wecom.errors import Busy, OutcomeUnknown, Rejected, Unreachable, WecomError
from wiring.dialler import HttpPhoneDialler

pytestmark = pytest.mark.anyio

TOKEN, PHONE, URL = "exchange-token-of-a-test", "13800000012", "https://phone.bank.example/calls"


def _dialler(answer: httpx.Response | Exception) -> tuple[HttpPhoneDialler, list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    settings = DiallerSettings(url=URL, token=SecretStr(TOKEN))
    return HttpPhoneDialler(settings, transport=httpx.MockTransport(respond)), asked


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (httpx.ConnectError("no route"), Unreachable),
        (httpx.ReadTimeout("too long"), OutcomeUnknown),
        (httpx.Response(503), Busy),
        (httpx.Response(429), Busy),
        (httpx.Response(409, json={"reason": "坐席没有签入"}), Rejected),
        (httpx.Response(500, text="<html>"), OutcomeUnknown),
        (httpx.Response(302, headers={"location": "https://elsewhere.example/"}), OutcomeUnknown),
    ],
)
async def test_only_what_certainly_did_not_happen_may_be_asked_again(
    answer: httpx.Response | Exception, wanted: type[WecomError]
) -> None:
    dialler, asked = _dialler(answer)
    with pytest.raises(wanted) as refused:
        await dialler.connect("77", "limin", PHONE)
    await dialler.aclose()
    [request] = asked
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert (str(request.url), TOKEN in request.content.decode()) == (URL, False)
    said = f"{refused.value!r} {refused.value} {refused.value.facts}"
    assert not any(one in said for one in (TOKEN, PHONE, "phone.bank.example"))


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (httpx.Response(404), None),
        (httpx.Response(200, json={"state": "ringing"}), Dialled(Stage.RINGING)),
        (httpx.Response(200, json={"state": "ended", "seconds": 42}), Dialled(Stage.ENDED, 42)),
        (httpx.Response(200, json={"state": "ended", "seconds": -5}), Dialled(Stage.ENDED, 0)),
    ],
)
async def test_what_became_of_a_call_is_asked_by_its_key(
    answer: httpx.Response, wanted: Dialled | None
) -> None:
    dialler, asked = _dialler(answer)
    assert await dialler.what_became("77") == wanted
    await dialler.aclose()
    assert str(asked[0].url) == f"{URL}/77"


@pytest.mark.parametrize(
    "body", ["", "[]", '{"state": "gone"}', '{"state": "ended", "seconds": "x"}']
)
async def test_an_answer_that_makes_no_sense_proves_nothing(body: str) -> None:
    dialler, _ = _dialler(httpx.Response(200, text=body))
    with pytest.raises(OutcomeUnknown):
        await dialler.what_became("77")
    await dialler.aclose()


def test_half_a_setting_is_refused_at_start() -> None:
    with pytest.raises(ValidationError, match="要么都写，要么都不写"):
        load({"GENGYUN_ENVIRONMENT": "test", "GENGYUN_DIALLER__URL": URL})
