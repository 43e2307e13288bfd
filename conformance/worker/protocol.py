"""Frames between parent and worker: four magic bytes, a length, JSON.

Arrays are ``{"dtype", "shape", "data"}`` with little-endian bytes in base64, so every value arrives bit for bit.  Both
ends check what they read: the other end runs foreign code and may write anything.  Standard library and NumPy only, and
no syntax newer than Python 3.10, because old environments run it too.
"""

from __future__ import annotations

import base64
import binascii
import functools
import json
import struct
from typing import Any, BinaryIO

import numpy as np

MAGIC = b"ACW1"
MOST_FRAME_BYTES = 1 << 28
"""256 MiB: far above any case, far below what would hurt the parent."""
ARRAY_DTYPES = frozenset(
    [
        *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        *("float16", "float32", "float64", "complex64", "complex128"),
    ]
)
_HEADER = struct.Struct(">4sI")
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


class ProtocolError(Exception):
    """The other end did not keep to the protocol; the message says how."""


def encode_frame(message: dict[str, Any]) -> bytes:
    """One message as bytes.  Raises ProtocolError when it is too large or not plain data."""
    try:
        body = _ENCODER.encode(message).encode("ascii")
    except (TypeError, ValueError, RecursionError) as failure:
        raise ProtocolError(f"a message that is not plain data: {failure}") from None
    if len(body) > MOST_FRAME_BYTES:
        raise ProtocolError(f"a message of {len(body)} bytes; at most {MOST_FRAME_BYTES} may cross")
    return _HEADER.pack(MAGIC, len(body)) + body


class FrameReader:
    """Takes bytes as they arrive and gives back whole messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> None:
        self._buffer += chunk

    def next_message(self) -> dict[str, Any] | None:
        """The next message, or None while it is incomplete.  Raises ProtocolError."""
        if len(self._buffer) < _HEADER.size:
            if not MAGIC.startswith(bytes(self._buffer[:4])):
                raise ProtocolError(f"not a frame: {bytes(self._buffer[:16])!r}")
            return None
        end = _HEADER.size + _body_length(bytes(self._buffer[: _HEADER.size]))
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[_HEADER.size : end])
        del self._buffer[:end]
        return _decode(body)


def read_message(stream: BinaryIO) -> dict[str, Any] | None:
    """Block for the next message; None at the end of the stream.  Raises ProtocolError."""
    header = stream.read(_HEADER.size)
    if not header:
        return None
    if len(header) < _HEADER.size:
        raise ProtocolError("the stream ended inside a frame")
    length = _body_length(header)
    body = stream.read(length)
    if len(body) < length:
        raise ProtocolError("the stream ended inside a frame")
    return _decode(body)


@functools.cache
def dtype_name(dtype: np.dtype[Any]) -> str:
    """NumPy builds the name anew each time it is asked."""
    return dtype.name


@functools.cache
def _on_the_wire(name: str) -> np.dtype[Any]:
    return np.dtype(name).newbyteorder("<")


def array_to_plain(array: np.ndarray) -> dict[str, Any]:
    """Raises ProtocolError for element types that have no exact form on the wire (objects, texts, extensions)."""
    name = dtype_name(array.dtype)
    if name not in ARRAY_DTYPES:
        raise ProtocolError(f"a NumPy array of dtype {name} cannot cross; give {' or '.join(sorted(ARRAY_DTYPES))}")
    little = array.astype(_on_the_wire(name), copy=False)
    return {"dtype": name, "shape": list(array.shape), "data": base64.b64encode(little.tobytes()).decode("ascii")}


def array_from_plain(plain: object) -> np.ndarray:
    """A fresh writable array.  Raises ProtocolError."""
    name = plain.get("dtype") if isinstance(plain, dict) else None
    if not isinstance(plain, dict) or not isinstance(name, str) or name not in ARRAY_DTYPES:
        raise ProtocolError(f"not an array: {repr(plain)[:60]}")
    shape, text = plain.get("shape"), plain.get("data")
    if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
        raise ProtocolError(f"not a shape: {repr(shape)[:60]}")
    try:
        data = base64.b64decode(text, validate=True)  # type: ignore[arg-type]  # a TypeError is answered below
        array = np.frombuffer(bytearray(data), _on_the_wire(name)).reshape(shape)
    except (TypeError, ValueError, binascii.Error) as failure:
        raise ProtocolError(f"array data does not fit its shape {shape}: {failure}") from None
    return array.astype(name, copy=False)


def _body_length(header: bytes) -> int:
    magic, length = _HEADER.unpack(header)
    if magic != MAGIC:
        raise ProtocolError(f"not a frame: {header!r}")
    if length > MOST_FRAME_BYTES:
        raise ProtocolError(f"a frame of {length} bytes; at most {MOST_FRAME_BYTES} may cross")
    return int(length)


def _decode(body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as failure:
        raise ProtocolError(f"a frame that is not JSON: {failure}") from None
    if not isinstance(message, dict):
        raise ProtocolError(f"a frame that holds no object: {repr(message)[:60]}")
    return message
