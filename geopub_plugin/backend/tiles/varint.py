"""Protocol buffers' varints, many in one pass (protobuf.dev/programming-guides/encoding)."""

from __future__ import annotations

import numpy as np


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
    if width > 8:
        return _long_varints(values, sizes)
    word = np.dtype("<u4" if width <= 4 else "<u8")
    bits = values.astype(word)
    spread = bits & word.type(0x7F)  # (n,)
    for place in range(1, width):
        spread |= (bits & word.type(0x7F << (7 * place))) << word.type(place)
        more = word.type(0x80 << (8 * (place - 1)))
        spread |= np.where(sizes > place, more, word.type(0))
    octets = spread.astype(word).view(np.uint8).reshape(-1, word.itemsize)[:, :width]  # (n, width)
    return octets[np.arange(width, dtype=np.uint8) < sizes[:, None]]


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
