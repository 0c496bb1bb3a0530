"""The yardstick: how a callback is usually taken. Flask, wechatpy, sqlite3, a commit a request.

Run by gunicorn with threads. It is given what ours has: the write-ahead log and a flush at every
commit, a connection a thread that stays open, the same unique digest against repeats.
"""

import hashlib
import os
import sqlite3
import threading

from flask import Flask, Response, request
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.work.crypto import WeChatCrypto
from wechatpy.work.exceptions import InvalidCorpIdException

from bench.intake.events import AES_KEY, CORP, PATH, TOKEN

app = Flask(__name__)
crypto = WeChatCrypto(TOKEN, AES_KEY, CORP)
mine = threading.local()


def connection() -> sqlite3.Connection:
    """This thread's connection."""
    if not hasattr(mine, "connection"):
        mine.connection = sqlite3.connect(os.environ["BENCH_DATABASE"], timeout=30)
        mine.connection.execute("pragma synchronous=full")
    found: sqlite3.Connection = mine.connection
    return found


def prepare(path: str) -> None:
    """The table, before the first request."""
    with sqlite3.connect(path) as made:
        made.execute("pragma journal_mode=wal")
        made.execute(
            "create table event (digest text primary key, body text not null, kept_at text not null)"
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
    with connection() as kept:
        kept.execute(
            "insert into event values (?, ?, datetime('now')) on conflict do nothing",
            (hashlib.sha256(text.encode()).hexdigest(), text),
        )
    return Response(status=200)
