"""The archive as Tencent's library reads it: an independent reader decrypts what is served."""

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from simulator.wecom.serving import serving
from tests.contracts.simulator.bench import (
    ARCHIVE,
    CHEN,
    DAY,
    GROUP,
    INTERNAL,
    LI,
    MONDAY,
    WANG,
    ZHANG,
    ZHAO,
    Bench,
    Json,
    public_pem,
)

pytestmark = pytest.mark.anyio
VECTORS = Path(__file__).parents[2] / "data" / "archive_vectors"
SAMPLES = Path(__file__).parents[2] / "data" / "wecom_samples" / "archive"


def _unpad(plain: bytes) -> bytes:
    size = plain[-1]
    assert 1 <= size <= 16
    assert plain[-size:] == bytes([size]) * size
    return plain[:-size]


def _unbox(text: str, key: bytes) -> bytes:
    raw = base64.b64decode(text, validate=True)
    assert len(raw) >= 32
    assert len(raw) % 16 == 0
    cipher = Cipher(algorithms.AES(key[:32].ljust(32, b"\0")), modes.CBC(raw[:16])).decryptor()
    return _unpad(cipher.update(raw[16:]) + cipher.finalize())


def _fields(message: bytes) -> dict[int, Any]:
    found: dict[int, Any] = {}
    place = 0

    def number() -> int:
        nonlocal place
        value = shift = 0
        while True:
            byte = message[place]
            place += 1
            value |= (byte & 127) << shift
            shift += 7
            if not byte & 128:
                return value

    while place < len(message):
        head = number()
        if head & 7 == 0:
            found[head >> 3] = number()
        else:
            assert head & 7 == 2
            length = number()
            found[head >> 3] = message[place : place + length]
            place += length
    return found


def open_record(row: Json, key: rsa.RSAPrivateKey) -> Json:
    """The message in one record, by the layout of api.md 13.1."""
    sealed = base64.b64decode(row["encrypt_random_key"], validate=True)
    assert len(sealed) == 256
    encrypt_key = key.decrypt(sealed, padding.PKCS1v15()).decode()
    assert len(encrypt_key) == 88
    chat = row["encrypt_chat_msg"]
    info = _fields(_unbox(encrypt_key, chat[13:45].encode()))
    before, behind, split = info.get(2, 0), info.get(3, 0), info[4]
    rest = chat[45 + before :]
    assert 0 < 2 * split < len(rest)
    body = rest[:split] + rest[2 * split :]
    plain = _unbox(body[: len(body) - behind] if behind else body, info[1])
    message: Json = json.loads(plain)
    return message


async def _pull(bench: Bench, seq: int = 0, limit: int = 1000) -> list[Json]:
    body = {"seq": seq, "limit": limit}
    rows: list[Json] = (await bench.ok("message/getchatdata", body, agent=ARCHIVE))["chatdata"]
    return rows


def _vector_key() -> rsa.RSAPrivateKey:
    numbers = json.loads((VECTORS / "test_key_v1_numbers.json").read_text(encoding="utf-8"))
    names = ("n", "e", "d", "p", "q", "dmp1", "dmq1", "iqmp")
    n = {name: int(str(numbers[name]), 0) for name in names}
    return rsa.RSAPrivateNumbers(
        p=n["p"],
        q=n["q"],
        d=n["d"],
        dmp1=n["dmp1"],
        dmq1=n["dmq1"],
        iqmp=n["iqmp"],
        public_numbers=rsa.RSAPublicNumbers(e=n["e"], n=n["n"]),
    ).private_key()


def test_this_reader_reads_the_records_that_tencents_library_reads() -> None:
    envelope = json.loads((VECTORS / "getchatdata.response.json").read_text(encoding="utf-8"))
    expected = json.loads((VECTORS / "expected_plaintext.json").read_text(encoding="utf-8"))
    opened = [open_record(row, _vector_key()) for row in envelope["chatdata"]]
    assert opened == [row["plaintext"] for row in expected]


async def test_records_for_the_vectors_key_open_with_it(bench: Bench) -> None:
    key = _vector_key()
    await bench.sim("corp", {"public_keys": {"2": public_pem(key)}})
    text = '您好，emoji 😀 <&> "引号"\n第二行'
    for length in range(40):
        await bench.act("say", speaker=ZHANG, to=LI, text=text + "长" * length)
    rows = await _pull(bench)
    assert {row["publickey_ver"] for row in rows} == {2}
    opened = [open_record(row, key) for row in rows]
    assert [m["text"]["content"] for m in opened] == [text + "长" * n for n in range(40)]


async def test_a_text_has_the_keys_of_the_official_sample(
    bench: Bench, archive_key: rsa.RSAPrivateKey
) -> None:
    await bench.act("say", speaker=ZHANG, to=LI, text="在吗")
    row = (await _pull(bench))[0]
    message = open_record(row, archive_key)
    sample = json.loads((SAMPLES / "91774_msg.text.json").read_text(encoding="utf-8"))
    assert set(message) == set(sample)
    assert message["msgid"] == row["msgid"]
    assert message["msgid"].endswith("_external")
    assert (message["from"], message["tolist"], message["roomid"]) == (ZHANG, [LI], "")
    assert message["msgtime"] == int(MONDAY * 1000)


async def test_a_group_message_names_the_room_and_everybody_else(
    bench: Bench, archive_key: rsa.RSAPrivateKey
) -> None:
    await bench.act("say", speaker=LI, chat_id=GROUP, text="早上好")
    message = open_record((await _pull(bench))[0], archive_key)
    assert message["roomid"] == GROUP
    assert set(message["tolist"]) == {WANG, ZHANG, CHEN}


async def test_only_talk_with_consent_and_an_enabled_member_is_archived(bench: Bench) -> None:
    kept = [
        await bench.act("say", speaker=CHEN, to=LI, text="未同意"),
        await bench.act("say", speaker=CHEN, chat_id=GROUP, text="群里未同意"),
        await bench.act("say", speaker=ZHAO, to=ZHAO, text="未开通"),
    ]
    assert [answer["archived"] for answer in kept] == [[], [], []]
    assert (await bench.act("say", speaker=ZHANG, to=LI, text="同意"))["archived"]
    assert (await bench.act("say", speaker=ZHAO, to=LI, text="一方开通"))["archived"]
    assert (await bench.act("say", speaker=ZHANG, chat_id=GROUP, text="同意"))["archived"]


async def test_consent_is_recorded_when_given_and_when_taken_back(
    bench: Bench, archive_key: rsa.RSAPrivateKey
) -> None:
    await bench.act("agree", external_userid=CHEN, userid=LI)
    await bench.act("say", speaker=CHEN, to=LI, text="现在可以了")
    await bench.act("disagree", external_userid=CHEN, userid=LI)
    assert not (await bench.act("say", speaker=CHEN, to=LI, text="不了"))["archived"]
    opened = [open_record(row, archive_key) for row in await _pull(bench)]
    assert [m["msgtype"] for m in opened] == ["agree", "text", "disagree"]
    for message, kind in ((opened[0], "agree"), (opened[2], "disagree")):
        sample = json.loads((SAMPLES / f"91774_msg.{kind}.json").read_text(encoding="utf-8"))
        assert set(message) == set(sample)
        assert set(message[kind]) == set(sample[kind])
    ask = {"info": [{"userid": LI, "exteranalopenid": CHEN}]}
    answer = await bench.ok("msgaudit/check_single_agree", ask, agent=ARCHIVE)
    assert answer["agreeinfo"][0]["agree_status"] == "Disagree"
    await bench.act("agree", external_userid=CHEN, chat_id=GROUP)
    room = await bench.ok("msgaudit/check_room_agree", {"roomid": GROUP}, agent=ARCHIVE)
    states = {row["exteranalopenid"]: row["agree_status"] for row in room["agreeinfo"]}
    assert states == {ZHANG: "Agree", CHEN: "Agree"}


async def test_a_recalled_message_leaves_a_revoke_record(
    bench: Bench, archive_key: rsa.RSAPrivateKey
) -> None:
    said = await bench.act("say", speaker=LI, to=ZHANG, text="说错了")
    msgid = said["archived"][0]["msgid"]
    await bench.act("recall", msgid=msgid)
    message = open_record((await _pull(bench))[-1], archive_key)
    sample = json.loads((SAMPLES / "91774_msg.revoke.json").read_text(encoding="utf-8"))
    assert set(message) == set(sample)
    assert (message["action"], message["revoke"]) == ("recall", {"pre_msgid": msgid})


async def test_a_switch_record_has_neither_msgtype_nor_from(
    bench: Bench, archive_key: rsa.RSAPrivateKey
) -> None:
    await bench.act("switch_corp", userid=LI)
    message = open_record((await _pull(bench))[0], archive_key)
    sample = json.loads((SAMPLES / "91774_msg.switch.json").read_text(encoding="utf-8"))
    assert set(message) == set(sample)


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.glob("91774_msg.*.json")))
async def test_every_kind_of_message_travels_unchanged(
    bench: Bench, archive_key: rsa.RSAPrivateKey, name: str
) -> None:
    sample = json.loads((SAMPLES / name).read_text(encoding="utf-8"))
    await bench.act("archive_record", message=sample)
    assert open_record((await _pull(bench))[0], archive_key) == sample


async def test_old_records_keep_the_key_version_of_their_day(
    bench: Bench, archive_key: rsa.RSAPrivateKey
) -> None:
    newer = _vector_key()
    await bench.act("say", speaker=ZHANG, to=LI, text="旧")
    await bench.sim("corp", {"public_keys": {"2": public_pem(newer)}})
    await bench.act("say", speaker=ZHANG, to=LI, text="新")
    old, new = await _pull(bench)
    assert (old["publickey_ver"], new["publickey_ver"]) == (1, 2)
    assert open_record(old, archive_key)["text"]["content"] == "旧"
    assert open_record(new, newer)["text"]["content"] == "新"
    with pytest.raises((ValueError, AssertionError)):
        open_record(old, newer)


async def test_pages_go_on_above_the_last_number_and_end_empty(bench: Bench) -> None:
    says = [
        {"speaker": ZHANG, "to": LI, "text": f"{n}", "at": MONDAY - 100 + n, "hole": n % 7 == 0}
        for n in range(25)
    ]
    answer = await bench.sim("say", says)
    assert answer["archived"] == 25
    found: list[int] = []
    while page := await _pull(bench, found[-1] if found else 0, 10):
        found += [row["seq"] for row in page]
    assert len(found) == 25
    assert found == sorted(set(found))
    assert found[-1] == answer["last_seq"] > 25


async def test_what_is_older_than_five_days_cannot_be_fetched(bench: Bench) -> None:
    says = [
        {"speaker": ZHANG, "to": LI, "text": "旧", "at": MONDAY - 6 * DAY},
        {"speaker": ZHANG, "to": LI, "text": "新", "at": MONDAY - 4 * DAY},
    ]
    await bench.sim("say", says)
    assert [row["seq"] for row in await _pull(bench)] == [2]
    await bench.modes(archive_window_days=0)
    assert [row["seq"] for row in await _pull(bench)] == [1, 2]


async def test_a_wrong_sign_of_the_token_is_refused(bench: Bench) -> None:
    body = {"seq": 0, "limit": 10, "version": 3, "encrypt_sign": "1"}
    assert await bench.code("message/getchatdata", body, agent=ARCHIVE) == 40058
    token, sign = await bench.token(ARCHIVE), 0
    for byte in token.encode():
        sign = (sign * 1313 + byte) % 2**64
    body["encrypt_sign"] = str((sign ^ (sign >> 32)) % 2**32)
    assert await bench.code("message/getchatdata", body, agent=ARCHIVE) == 0


async def test_the_body_is_read_whatever_its_content_type_says(bench: Bench) -> None:
    response = await bench.client.post(
        "/cgi-bin/message/getchatdata",
        params={"access_token": await bench.token(ARCHIVE)},
        content=b'{"seq":0,"limit":10,"version":3}',
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert response.json() == {"errcode": 0, "errmsg": "ok", "chatdata": []}


async def test_a_file_comes_in_chunks_and_opens_with_its_own_key(
    bench: Bench, archive_key: rsa.RSAPrivateKey
) -> None:
    plain = bytes(range(256)) * 4500 + b"tail"
    made = await bench.act("archive_file", content_base64=base64.b64encode(plain).decode())
    body = {"msgtype": "image", "image": made}
    await bench.act("say", speaker=ZHANG, to=LI, body=body)
    image = open_record((await _pull(bench))[0], archive_key)["image"]
    assert image["filesize"] == len(plain)
    fileid = _fields(base64.b64decode(image["sdkfileid"]))
    asked = {"fileid": fileid[1].decode(), "authkey": fileid[2].decode(), "version": 3}
    sealed, total, chunks = b"", 1, 0
    token = await bench.token(ARCHIVE)
    async with serving(bench.simulator) as url, httpx.AsyncClient(base_url=url) as client:
        while len(sealed) < total:
            response = await client.post(
                "/cgi-bin/message/getchatmediadata",
                params={"access_token": token},
                json=asked,
                headers={"range": f"bytes={len(sealed)}-{len(sealed) + 524_287}"},
            )
            spelled = {name for name, _ in response.headers.raw}
            assert b"CONTENT-RANGE" in spelled
            span, _, size = response.headers["content-range"].partition("/")
            assert span.startswith(f"BYTES {len(sealed)}-")
            sealed += base64.b64decode(response.json()["content"])
            total, chunks = int(size), chunks + 1
    cipher = Cipher(algorithms.AES(bytes.fromhex(fileid[3].decode())), modes.ECB()).decryptor()  # noqa: S305
    assert _unpad(cipher.update(sealed) + cipher.finalize()) == plain
    assert chunks == 3


async def test_a_chunk_over_the_size_and_a_wrong_authkey_are_refused(bench: Bench) -> None:
    made = await bench.act("archive_file", content_base64=base64.b64encode(b"x" * 99).decode())
    fileid = _fields(base64.b64decode(made["sdkfileid"]))
    asked = {"fileid": fileid[1].decode(), "authkey": fileid[2].decode()}
    query = {"access_token": await bench.token(ARCHIVE)}
    path = "/cgi-bin/message/getchatmediadata"
    for span, code in (
        ("bytes=0-15", 0),
        ("bytes=0-524288", 0),
        ("bytes=500-600", 830002),
        ("x", 40146),
    ):
        answer = await bench.client.post(path, params=query, json=asked, headers={"range": span})
        assert answer.json()["errcode"] == code
    wrong = {**asked, "authkey": "other"}
    assert (await bench.client.post(path, params=query, json=wrong)).json()["errcode"] == 301048
    await bench.pass_time(6 * DAY)
    bench.tokens.clear()
    assert await bench.code("message/getchatmediadata", asked, agent=ARCHIVE) == 301048


async def test_pages_can_be_spoiled(bench: Bench, archive_key: rsa.RSAPrivateKey) -> None:
    for n in range(6):
        await bench.act("say", speaker=ZHANG, to=LI, text=f"{n}")
    for kind in ("archive_repeat", "archive_hole", "archive_wrong_key", "archive_garbled"):
        await bench.fault(kind=kind, path="message/getchatdata", count=1)
        await bench.fault(kind="archive_wrong_key", path="nothing", count=1)
        rows = await _pull(bench, 3, 3)
        if kind == "archive_repeat":
            assert [row["seq"] for row in rows] == [1, 2, 3]
        elif kind == "archive_hole":
            assert [row["seq"] for row in rows] == [4, 6]
        elif kind == "archive_wrong_key":
            assert [row["publickey_ver"] for row in rows] == [1, 1, 2]
        else:
            with pytest.raises((ValueError, AssertionError)):
                open_record(rows[-1], archive_key)
    assert [row["seq"] for row in await _pull(bench, 3, 3)] == [4, 5, 6]


async def test_an_internal_group_is_shown_and_a_customer_group_is_not(bench: Bench) -> None:
    path = "msgaudit/groupchat/get"
    shown = await bench.ok(path, {"roomid": INTERNAL}, agent=ARCHIVE)
    assert [row["memberid"] for row in shown["members"]] == [LI, WANG]
    assert await bench.code(path, {"roomid": GROUP}, agent=ARCHIVE) == 301059


async def test_enabled_members_are_listed_by_edition(bench: Bench) -> None:
    path = "msgaudit/get_permit_user_list"
    assert (await bench.ok(path, {}, agent=ARCHIVE))["ids"] == [LI, WANG]
    assert (await bench.ok(path, {"type": 3}, agent=ARCHIVE))["ids"] == [WANG]


async def test_what_the_product_sends_through_people_is_archived_too(
    bench: Bench, archive_key: rsa.RSAPrivateKey
) -> None:
    await bench.act("send_chat_message", userid=LI, external_userid=ZHANG, text="产品到期提醒")
    picture = await bench.upload("media/upload", size=99, type="image")
    image = {"msgtype": "image", "image": {"media_id": picture["media_id"]}}
    body = {"external_userid": [ZHANG], "text": {"content": "您好"}, "attachments": [image]}
    made = await bench.ok("externalcontact/add_msg_template", body)
    await bench.act("confirm_broadcast", userid=LI, msgid=made["msgid"])
    opened = [open_record(row, archive_key) for row in await _pull(bench)]
    assert [m["msgtype"] for m in opened] == ["text", "text", "image"]
    assert opened[2]["image"]["filesize"] == 99
    assert all(m["from"] == LI for m in opened)
