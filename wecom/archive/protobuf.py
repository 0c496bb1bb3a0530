"""Reads the two flat protobuf messages of the archive: numbers and byte strings, nothing else."""

from typing import TypeAlias

Message: TypeAlias = "dict[int, int | bytes]"


def read(data: bytes) -> Message:
    """Return field number → value (the last where one comes twice); ValueError for anything odd."""
    fields: Message = {}
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        kind = tag & 7
        if kind == 0:
            fields[tag >> 3], place = _varint(data, place)
        elif kind == 2:
            size, place = _varint(data, place)
            if size > len(data) - place:
                raise ValueError("a field runs past the end")
            fields[tag >> 3] = data[place : place + size]
            place += size
        else:
            raise ValueError(f"unexpected wire type {kind}")
    return fields


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        if place >= len(data):
            raise ValueError("a number runs past the end")
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise ValueError("a number is over 64 bits")


def number(fields: Message, field: int) -> int:
    """Return a number, 0 where it is left out."""
    value = fields.get(field, 0)
    if not isinstance(value, int):
        raise ValueError(f"field {field} is not a number")
    return value


def data(fields: Message, field: int) -> bytes:
    """Return a byte string that must be there."""
    value = fields.get(field)
    if not isinstance(value, bytes):
        raise ValueError(f"field {field} is missing")
    return value
