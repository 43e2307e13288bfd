"""Frames and arrays cross unchanged, and whatever else arrives is refused in words."""

from __future__ import annotations

import contextlib
import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_conformance.worker.protocol import (
    ARRAY_DTYPES,
    FrameReader,
    ProtocolError,
    array_from_plain,
    array_to_plain,
    encode_frame,
    read_message,
)
from autograd_conformance.worker.questions import answer_from_plain


def test_messages_arrive_however_they_are_cut() -> None:
    messages = [{"number": i, "text": "é" * i} for i in range(5)]
    reader, arrived = FrameReader(), []
    for byte in b"".join(encode_frame(message) for message in messages):
        reader.feed(bytes([byte]))
        while (message := reader.next_message()) is not None:
            arrived.append(message)
    assert arrived == messages


@pytest.mark.parametrize("dtype", sorted(ARRAY_DTYPES))
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)])
def test_arrays_cross_unchanged(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.arange(6)[: int(np.prod(shape))].reshape(shape).astype(dtype)
    back = array_from_plain(json.loads(json.dumps(array_to_plain(array))))
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tobytes() == array.tobytes()
    assert back.flags.writeable


def test_memory_order_does_not_matter() -> None:
    array = np.arange(6.0).reshape(2, 3).T[::-1].astype(">f8")
    assert np.array_equal(array_from_plain(array_to_plain(array)), array)


@pytest.mark.parametrize("array", [np.array([None]), np.array(["text"]), np.zeros(2, "M8[s]"), np.zeros(2, "V3")])
def test_other_elements_do_not_cross(array: np.ndarray) -> None:
    with pytest.raises(ProtocolError, match="cannot cross"):
        array_to_plain(array)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"Hello, world", "not a frame"),
        (b"AC", "ended inside"),
        (b"ACW1\xff\xff\xff\xff", "at most"),
        (b"ACW1\x00\x00\x00\x09{}", "ended inside"),
        (b"ACW1\x00\x00\x00\x02{]", "not JSON"),
        (b"ACW1\x00\x00\x00\x02[]", "no object"),
        (b"ACW1\x00\x01\x00\x00" + b"[" * 65536, "not JSON"),
    ],
)
def test_malformed_frames_are_refused(raw: bytes, message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        read_message(io.BytesIO(raw))


def test_only_plain_data_is_sent() -> None:
    for message in ({"x": object()}, {"x": float("nan")}, {"x": {1, 2}}):
        with pytest.raises(ProtocolError, match="not plain data"):
            encode_frame(message)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 1 << 70) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["dtype", "shape", "data", "kind", "forward", "products"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(PLAIN | st.fixed_dictionaries({"dtype": st.just("float64"), "shape": PLAIN, "data": PLAIN}))
def test_hostile_data_is_a_protocol_error_and_nothing_else(plain: object) -> None:
    for read in (array_from_plain, answer_from_plain):
        try:
            read(plain)
        except ProtocolError:
            continue


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40), st.booleans())
def test_hostile_bytes_are_a_protocol_error_and_nothing_else(raw: bytes, begins_well: bool) -> None:
    reader = FrameReader()
    reader.feed(b"ACW1\x00\x00" + raw if begins_well else raw)
    with contextlib.suppress(ProtocolError):
        reader.next_message()
