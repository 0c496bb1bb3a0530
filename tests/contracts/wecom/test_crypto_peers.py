"""Our callback crypto against Tencent's npm package and against wechatpy, both ways."""

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from wechatpy.work.crypto import WeChatCrypto

from wecom.crypto import CallbackCipher, encrypted_part

TOKEN = "QDG6eK"
KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
CORP = "wx5823bf96d3bd56c7"
STAMP = "1700000000"
NODE = Path(__file__).parents[2] / "node"
PEER = Path(__file__).with_name("crypto_peer.cjs")
ALPHABET = "abc <>&\"']]>甲乙丙，。😀\n\t0"


@pytest.fixture
def cipher() -> CallbackCipher:
    return CallbackCipher(TOKEN, KEY, CORP)


@pytest.fixture
def messages() -> list[str]:
    chosen = random.Random(7)
    # Every length round one padding block, then longer ones.
    sizes = [*range(70), *(chosen.randrange(70, 4000) for _ in range(130))]
    return ["".join(chosen.choice(ALPHABET) for _ in range(size)) for size in sizes]


def ask_peer(jobs: list[dict[str, str]]) -> list[dict[str, Any]]:
    node = shutil.which("node")
    if node is None:
        pytest.fail("Node.js is missing: install it, then run `npm ci` in tests/node")
    if not (NODE / "node_modules" / "@wecom" / "crypto").is_dir():
        pytest.fail("the npm package @wecom/crypto is missing: run `npm ci` in tests/node")
    done = subprocess.run(
        [node, str(PEER), str(NODE)],
        input=json.dumps(jobs).encode(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def test_what_tencents_package_seals_we_open(cipher: CallbackCipher, messages: list[str]) -> None:
    jobs = [
        {
            "do": "seal",
            "key": KEY,
            "id": CORP,
            "token": TOKEN,
            "timestamp": STAMP,
            "nonce": str(place),
            "message": message,
        }
        for place, message in enumerate(messages)
    ]
    for place, (message, sealed) in enumerate(zip(messages, ask_peer(jobs), strict=True)):
        params = {"msg_signature": sealed["signature"], "timestamp": STAMP, "nonce": str(place)}
        body = f"<xml><Encrypt><![CDATA[{sealed['encrypted']}]]></Encrypt></xml>".encode()
        assert cipher.open(params, body).decode() == message


def test_what_we_seal_tencents_package_opens(cipher: CallbackCipher, messages: list[str]) -> None:
    sealed = [cipher.encrypt(message.encode()) for message in messages]
    jobs = [
        {
            "do": "open",
            "key": KEY,
            "token": TOKEN,
            "timestamp": STAMP,
            "nonce": "n1",
            "encrypted": one,
        }
        for one in sealed
    ]
    for message, one, opened in zip(messages, sealed, ask_peer(jobs), strict=True):
        assert opened["message"] == message
        assert opened["id"] == CORP
        assert opened["signature"] == cipher.signature(STAMP, "n1", one)


def test_what_wechatpy_seals_we_open(cipher: CallbackCipher, messages: list[str]) -> None:
    other = WeChatCrypto(TOKEN, KEY, CORP)
    for message in messages:
        sealed = other.encrypt_message(message, "n1", STAMP)
        encrypted = sealed.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
        signature = sealed.split("<MsgSignature><![CDATA[")[1].split("]]>")[0]
        params = {"msg_signature": signature, "timestamp": STAMP, "nonce": "n1"}
        body = f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>".encode()
        assert cipher.open(params, body).decode() == message


def test_what_we_seal_wechatpy_opens(cipher: CallbackCipher, messages: list[str]) -> None:
    other = WeChatCrypto(TOKEN, KEY, CORP)
    for message in messages:
        reply = cipher.seal(message.encode(), STAMP, "n1")
        signature = cipher.signature(STAMP, "n1", encrypted_part(reply))
        assert other.decrypt_message(reply.decode(), signature, STAMP, "n1") == message


def test_wechatpy_verifies_the_url_as_we_do(cipher: CallbackCipher) -> None:
    echo = cipher.encrypt(b"1234567890123456789")
    signature = cipher.signature(STAMP, "n1", echo)
    params = {"msg_signature": signature, "timestamp": STAMP, "nonce": "n1", "echostr": echo}
    other = WeChatCrypto(TOKEN, KEY, CORP)
    answer = other.check_signature(signature, STAMP, "n1", echo)
    assert cipher.verify_url(params).decode() == answer == "1234567890123456789"
