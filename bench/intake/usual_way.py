"""The yardstick: how a callback is usually taken. Flask, wechatpy, sqlite3, a commit a request.

As the two libraries' own pages show it: a connection a request in ``g``, closed at its end, the
message decrypted and parsed by wechatpy, one row, one commit; run by gunicorn with threads. It is
given what ours has: the write-ahead log, a flush at every commit, a unique digest against
repeats.
"""

import hashlib
import os
import sqlite3

from flask import Flask, Response, g, request
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.work import parse_message
from wechatpy.work.crypto import WeChatCrypto
from wechatpy.work.exceptions import InvalidCorpIdException

from bench.intake.events import AES_KEY, CORP, PATH, TOKEN

app = Flask(__name__)
crypto = WeChatCrypto(TOKEN, AES_KEY, CORP)


def connection() -> sqlite3.Connection:
    """This request's connection."""
    if "connection" not in g:
        g.connection = sqlite3.connect(os.environ["BENCH_DATABASE"], timeout=30)
        g.connection.execute("pragma synchronous=full")
    found: sqlite3.Connection = g.connection
    return found


@app.teardown_appcontext
def close(_: BaseException | None) -> None:
    """Close what this request opened."""
    opened = g.pop("connection", None)
    if opened is not None:
        opened.close()


def prepare(path: str) -> None:
    """The table, before the first request."""
    with sqlite3.connect(path) as made:
        made.execute("pragma journal_mode=wal")
        made.execute(
            "create table event (digest text primary key, kind text not null,"
            " body text not null, kept_at text not null)"
        )


@app.post(PATH)
def callback() -> Response:
    """Verify, decrypt, keep, answer."""
    try:
        xml = crypto.decrypt_message(
            request.data,
            request.args["msg_signature"],
            request.args["timestamp"],
            request.args["nonce"],
        )
    except (InvalidSignatureException, InvalidCorpIdException):
        return Response(status=403)
    text = xml if isinstance(xml, str) else xml.decode()
    message = parse_message(text)
    with connection() as kept:
        kept.execute(
            "insert into event values (?, ?, ?, datetime('now')) on conflict do nothing",
            (hashlib.sha256(text.encode()).hexdigest(), message.event, text),
        )
    return Response(status=200)
