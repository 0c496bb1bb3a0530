"""Unique signed and encrypted callbacks, made ahead so that making them is not measured."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from wecom.crypto import CallbackCipher

CORP: Final = "ww5823bf96d3bd56c7"
TOKEN: Final = "QDG6eKtoken"
AES_KEY: Final = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
PATH: Final = "/wecom/callback"


def requests(first: int, number: int) -> Iterator[bytes]:
    """``number`` whole HTTP requests, no two alike, each event numbered from ``first``."""
    cipher = CallbackCipher(TOKEN, AES_KEY, CORP)
    stamp = str(int(time.time()))
    for one in range(first, first + number):
        sealed = cipher.encrypt(_event(one, stamp).encode())
        nonce = f"{one:010d}"
        query = urlencode(
            {
                "msg_signature": cipher.signature(stamp, nonce, sealed),
                "timestamp": stamp,
                "nonce": nonce,
            }
        )
        body = (
            f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName>"
            f"<Encrypt><![CDATA[{sealed}]]></Encrypt><AgentID>1000002</AgentID></xml>"
        )
        yield (
            f"POST {PATH}?{query} HTTP/1.1\r\nHost: bank\r\nUser-Agent: Mozilla/4.0\r\n"
            f"Accept: */*\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


def _event(number: int, stamp: str) -> str:
    """A contact whose remark was edited: what WeCom sends most."""
    return (
        f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName>"
        f"<FromUserName><![CDATA[sys]]></FromUserName><CreateTime>{stamp}</CreateTime>"
        "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[change_external_contact]]></Event>"
        "<ChangeType><![CDATA[edit_external_contact]]></ChangeType>"
        f"<UserID><![CDATA[rm{number % 500:04d}]]></UserID>"
        f"<ExternalUserID><![CDATA[wmBench{number:025d}]]></ExternalUserID></xml>"
    )


def write(path: Path, first: int, number: int) -> None:
    """The requests in a file, each after its length in four bytes."""
    with path.open("wb") as file:
        for request in requests(first, number):
            file.write(len(request).to_bytes(4, "big"))
            file.write(request)


def read(path: Path) -> list[bytes]:
    """What ``write`` wrote."""
    whole = path.read_bytes()
    found: list[bytes] = []
    at = 0
    while at < len(whole):
        size = int.from_bytes(whole[at : at + 4], "big")
        found.append(whole[at + 4 : at + 4 + size])
        at += 4 + size
    return found
