"""Messages between the backend and the renderer process: a JSON header and bytes, each with its length before it."""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO, Dict, Optional, Tuple

_LENGTHS = struct.Struct(">II")  # bytes of the header, bytes of the body

Frame = Tuple[Dict[str, Any], bytes]


def write_frame(stream: BinaryIO, header: Dict[str, Any], body: bytes = b"") -> None:
    """Write one message and flush it."""
    encoded = json.dumps(header, separators=(",", ":")).encode("utf-8")
    stream.write(_LENGTHS.pack(len(encoded), len(body)) + encoded + body)
    stream.flush()


def read_frame(stream: BinaryIO) -> Optional[Frame]:
    """Return the next message, None where the stream ends (even in the middle of one)."""
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    header_length, body_length = _LENGTHS.unpack(lengths)
    encoded = stream.read(header_length)
    body = stream.read(body_length)
    if len(encoded) < header_length or len(body) < body_length:
        return None
    return json.loads(encoded), body
