"""Protocol buffers' varints, many in one pass (protobuf.dev/programming-guides/encoding)."""

from __future__ import annotations

import numpy as np

_PIECE = 1 << 16  # varints at a time
_MORE = np.array([sum(0x80 << (8 * i) for i in range(max(size - 1, 0))) for size in range(9)], np.uint64)
_USED = np.array([sum(0x01 << (8 * i) for i in range(size)) for size in range(9)], np.uint64)  # both by size of varint


def varint_sizes(values: np.ndarray) -> np.ndarray:
    """Return how many bytes each varint takes: uint8 (n,), for unsigned values (n,)."""
    sizes = np.ones(len(values), np.uint8)
    greatest = int(values.max()) if len(values) else 0
    for bits in range(7, 64, 7):
        if greatest >> bits == 0:
            break
        sizes += values >= values.dtype.type(1 << bits)
    return sizes


def varints(values: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the varints of unsigned values (n,) one after the other: uint8 (sizes.sum(),).

    Seven bits of the value go into each byte of one wide little-endian word, whose used bytes are then picked.
    """
    if len(values) == 0:
        return np.zeros(0, np.uint8)
    width = int(sizes.max())
    if width == 1:
        return values.astype(np.uint8)
    if width > 8:
        return _long_varints(values, sizes)
    word = np.dtype(f"<u{2 if width == 2 else 4 if width <= 4 else 8}")
    pieces = [_words(values[i : i + _PIECE], sizes[i : i + _PIECE], width, word) for i in range(0, len(values), _PIECE)]
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def _words(values: np.ndarray, sizes: np.ndarray, width: int, word: np.dtype) -> np.ndarray:
    """Return the varints of a piece that stays near the processor: uint8 (sizes.sum(),)."""
    bits = values.astype(word)
    spread = bits & word.type(0x7F)  # (n,)
    for place in range(1, width):
        bits = bits << word.type(1)
        spread |= bits & word.type(0x7F << (8 * place))
    spread |= _MORE[: width + 1].astype(word)[sizes]
    used = _USED[: width + 1].astype(word)[sizes]  # (n,) a byte 1 for each byte of the varint
    return spread.astype(word).view(np.uint8)[used.astype(word).view(bool)]


def _long_varints(values: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    wide = values.astype(np.uint64)
    place = np.arange(10, dtype=np.uint64)
    shifts = np.minimum(np.uint64(7) * place, np.uint64(63))  # the tenth byte holds bit 63 alone
    octets = ((wide[:, None] >> shifts) & np.uint64(0x7F)).astype(np.uint8)  # (n, 10)
    octets |= np.where(place + np.uint64(1) < sizes[:, None], 0x80, 0).astype(np.uint8)
    return octets[place < sizes[:, None]]


def varint(value: int) -> bytes:
    """Return one varint."""
    octets = bytearray()
    while value > 0x7F:
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    octets.append(value)
    return bytes(octets)


def read_varints(data: bytes) -> np.ndarray:
    """Return all the varints of some bytes: uint64 (n,)."""
    octets = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(octets < 0x80)  # (n,)
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    values = np.zeros(len(ends), np.uint64)
    for place in range(int((ends - starts).max(initial=-1)) + 1):
        there = starts + place <= ends
        part = octets[starts[there] + place].astype(np.uint64) & np.uint64(0x7F)
        values[there] |= part << np.uint64(7 * place)
    return values


def zigzag(values: np.ndarray) -> np.ndarray:
    """Return signed values as unsigned ones, small magnitudes first: uint32 of int32 (n,)."""
    return ((values << 1) ^ (values >> 31)).astype(np.uint32)
