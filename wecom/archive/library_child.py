"""The process that holds Tencent's library: started by ``wecom.archive.library``, never imported.

Standard library only, so that it runs isolated (``python -I``). A request is a length and JSON, an
answer two lengths, JSON and bytes. The library prints token errors, in GBK, to standard output: the
answers therefore leave through a copy of it, and what the library prints goes nowhere.
"""

import ctypes
import json
import os
import resource
import struct
import sys
from typing import Any, BinaryIO

_LEAST_SEALED = 13  # a shorter text makes the library abort its process

_VOID, _INT, _TEXT = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "NewSdk": (_VOID, []),
    "Init": (_INT, [_VOID, _TEXT, _TEXT]),
    "GetChatData": (
        _INT,
        [_VOID, ctypes.c_ulonglong, ctypes.c_uint, _TEXT, _TEXT, _INT, _VOID],
    ),
    "DecryptData": (_INT, [_TEXT, _TEXT, _VOID]),
    "GetMediaData": (_INT, [_VOID, _TEXT, _TEXT, _TEXT, _TEXT, _INT, _VOID]),
    "NewSlice": (_VOID, []),
    "FreeSlice": (None, [_VOID]),
    "GetContentFromSlice": (_VOID, [_VOID]),
    "GetSliceLen": (_INT, [_VOID]),
    "NewMediaData": (_VOID, []),
    "FreeMediaData": (None, [_VOID]),
    "GetOutIndexBuf": (_VOID, [_VOID]),
    "GetIndexLen": (_INT, [_VOID]),
    "GetData": (_VOID, [_VOID]),
    "GetDataLen": (_INT, [_VOID]),
    "IsMediaDataFinish": (_INT, [_VOID]),
}

Answer = tuple[dict[str, Any], bytes]


class Library:
    """One handle; the library is used by one thread only, as its thread safety is not known."""

    def __init__(self, path: str, corp_id: str, secret: str) -> None:
        self._calls = ctypes.CDLL(path)
        for name, (result, arguments) in _SIGNATURES.items():
            call = getattr(self._calls, name)
            call.restype, call.argtypes = result, arguments
        self._handle = self._calls.NewSdk()
        self.rc: int = self._calls.Init(self._handle, corp_id.encode(), secret.encode())

    def fetch(self, ask: dict[str, Any]) -> Answer:
        return self._sliced(
            lambda out: self._calls.GetChatData(
                self._handle,
                ask["seq"],
                ask["limit"],
                ask["proxy"].encode(),
                ask["proxy_password"].encode(),
                ask["timeout_s"],
                out,
            )
        )

    def decrypt(self, ask: dict[str, Any]) -> Answer:
        if len(ask["sealed"]) < _LEAST_SEALED:
            return {"rc": 10005}, b""
        return self._sliced(
            lambda out: self._calls.DecryptData(
                ask["encrypt_key"].encode(), ask["sealed"].encode(), out
            )
        )

    def media(self, ask: dict[str, Any]) -> Answer:
        calls, part = self._calls, self._calls.NewMediaData()
        try:
            rc = calls.GetMediaData(
                self._handle,
                ask["index"].encode(),
                ask["sdkfileid"].encode(),
                ask["proxy"].encode(),
                ask["proxy_password"].encode(),
                ask["timeout_s"],
                part,
            )
            if rc:
                return {"rc": rc}, b""
            index = ctypes.string_at(calls.GetOutIndexBuf(part), calls.GetIndexLen(part))
            data = ctypes.string_at(calls.GetData(part), calls.GetDataLen(part))
            finished = bool(calls.IsMediaDataFinish(part))
            return {"rc": 0, "index": index.decode("latin-1"), "finished": finished}, data
        finally:
            calls.FreeMediaData(part)

    def _sliced(self, call: Any) -> Answer:
        out = self._calls.NewSlice()
        try:
            rc, size = call(out), self._calls.GetSliceLen(out)
            good = rc == 0 and size > 0
            data = ctypes.string_at(self._calls.GetContentFromSlice(out), size) if good else b""
            return {"rc": rc}, data
        finally:
            self._calls.FreeSlice(out)


def answer(library: Library | None, ask: dict[str, Any]) -> tuple[Library | None, Answer]:
    """Do one request; what fails on our side of the library comes back as ``problem``."""
    try:
        if ask["do"] == "open":
            opened = Library(ask["library"], ask["corp_id"], ask["secret"])
            return opened, ({"rc": opened.rc}, b"")
        if library is None:
            return None, ({"rc": -1, "problem": "not open"}, b"")
        return library, getattr(library, ask["do"])(ask)
    except (OSError, AttributeError) as error:
        return library, ({"rc": -1, "problem": f"{type(error).__name__}: {error}"}, b"")


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold the secret
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    serve(sys.stdin.buffer, answers)


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    library: Library | None = None
    while head := requests.read(4):
        ask = json.loads(requests.read(struct.unpack(">I", head)[0]))
        library, (fields, data) = answer(library, ask)
        text = json.dumps(fields).encode()
        answers.write(struct.pack(">II", len(text), len(data)) + text + data)
        answers.flush()


if __name__ == "__main__":
    main()
