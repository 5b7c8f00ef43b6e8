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

    First the first byte of all, then the second of those that have one, and so on: most have few.
    """
    ends = np.cumsum(sizes, dtype=np.int64)
    out = np.empty(int(ends[-1]) if len(ends) else 0, np.uint8)
    rest, at, left = values, ends - sizes, sizes
    for place in range(1, 11):
        octets = rest.astype(np.uint8)
        octets &= 0x7F
        goes_on = left > place
        octets |= goes_on.view(np.uint8) << 7
        out[at] = octets
        longer = np.flatnonzero(goes_on)
        if len(longer) == 0:
            break
        rest, at, left = rest.take(longer) >> rest.dtype.type(7), at.take(longer) + 1, left.take(longer)
    return out


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
