"""Attribute values of a batch as text: each column becomes one text, its values ended by `END`."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from typing import Callable, Dict, List

import numpy as np

from ...features.batch import Column
from ...features.bytestrings import END, pack, squeezed
from ...features.decimals import MOST_DECIMALS, decimal_words, integer_words, states_exactly
from ...features.schema import ColumnKind

TEXTUAL = (ColumnKind.TEXT, ColumnKind.DATE, ColumnKind.DATETIME, ColumnKind.TIME, ColumnKind.JSON)
_END = END.decode("ascii")
_WHITE = (9, 10, 13)
_CONTROLS = bytes(code for code in range(32) if code not in (*_WHITE, END[0]))
_JSON_CONTROL = re.compile(rb"[\x00\x02-\x1f]")


def numbers_text(column: Column) -> bytes:
    """Return the values of an INTEGER column."""
    return squeezed(pack([*integer_words(column.values), END], len(column.values)))


def reals_text(column: Column, not_a_number: bytes, infinity: bytes) -> bytes:
    """Return the values of a REAL column in the shortest decimals that are read back as the same double.

    `infinity` is written with a minus before it for the negative one.
    """
    values = column.values
    decimals = 3 if states_exactly(values, 3).all() else MOST_DECIMALS
    odd = np.flatnonzero(~states_exactly(values, decimals))  # more decimals, very large, or no number
    if 4 * len(odd) > len(values):
        return _spelled_reals(values.tolist(), not_a_number, infinity)
    text = squeezed(pack([*decimal_words(values, decimals, point=True), END], len(values)))
    if len(odd) == 0:
        return text
    texts = text.split(END)
    for row, spelled in zip(odd.tolist(), _spelled_reals(values[odd].tolist(), not_a_number, infinity).split(END)):
        texts[row] = spelled
    return END.join(texts)


def _spelled_reals(values: List[float], not_a_number: bytes, infinity: bytes) -> bytes:
    text = (_END.join(map(repr, values)) + _END).encode("ascii")
    if b"n" in text:  # nan, inf
        text = text.replace(b"nan", not_a_number).replace(b"-inf", _negative(infinity)).replace(b"inf", infinity)
    return text


def _negative(infinity: bytes) -> bytes:
    return b"-" + infinity if infinity.isupper() else infinity  # JSON has none, and says null


def booleans_text(column: Column) -> bytes:
    """Return "true" and "false"."""
    return b"".join([(b"false" + END, b"true" + END)[value] for value in column.values.tolist()])


def blobs_text(column: Column) -> bytes:
    """Return the values of a BLOB column in base 64 (RFC 4648 §4)."""
    return b"".join([b64encode(value) + END for value in column.values.tolist()])


def hexadecimal_text(column: Column) -> bytes:
    """Return the values of a BLOB column as `xsd:hexBinary`: GDAL drops a schema that holds `xsd:base64Binary`."""
    return b"".join([value.hex().upper().encode("ascii") + END for value in column.values.tolist()])


def texts_text(column: Column, escape: Callable[[bytes], bytes]) -> bytes:
    """Return the values of a textual column in UTF-8; `escape` gets them all at once."""
    values = column.values.tolist()
    if not values:
        return b""
    text = (_END.join(values) + _END).encode("utf-8", "replace")
    if text.count(END) != len(values):  # the mark itself occurs
        text = (_END.join([value.replace(_END, "") for value in values]) + _END).encode("utf-8", "replace")
    return escape(text)


def _has_controls(text: bytes) -> bool:
    codes = np.frombuffer(text, np.uint8)
    return int(np.count_nonzero(codes < 32)) > text.count(END)


def xml_escaped(text: bytes) -> bytes:
    """Return UTF-8 text fit for the content of an XML element; what XML 1.0 cannot hold is left out."""
    if b"&" in text:
        text = text.replace(b"&", b"&amp;")
    if b"<" in text:
        text = text.replace(b"<", b"&lt;")
    if b">" in text:
        text = text.replace(b">", b"&gt;")
    if _has_controls(text):
        text = text.translate(None, _CONTROLS).replace(b"\r", b"&#13;")
    for noncharacter in (b"\xef\xbf\xbe", b"\xef\xbf\xbf"):  # U+FFFE, U+FFFF
        if noncharacter in text:
            text = text.replace(noncharacter, b"")
    return text


def json_escaped(text: bytes) -> bytes:
    """Return UTF-8 text fit for the inside of a JSON string (RFC 8259 §7)."""
    if b"\\" in text:
        text = text.replace(b"\\", b"\\\\")
    if b'"' in text:
        text = text.replace(b'"', b'\\"')
    if _has_controls(text):
        text = _JSON_CONTROL.sub(lambda found: b"\\u%04x" % found.group()[0], text)
    return text


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _json_value(text: str) -> bytes:
    """Return a JSON text as it is when it is one (RFC 8259: no NaN), else as a JSON string."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        value = text
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def json_values_text(column: Column) -> bytes:
    """Return the values of a JSON column as JSON values."""
    return b"".join([_json_value(value) + END for value in column.values.tolist()])


def xml_text(column: Column) -> bytes:
    """Return the values as XML Schema writes them (XSD 1.0 part 2)."""
    if column.kind is ColumnKind.REAL:
        return reals_text(column, b"NaN", b"INF")
    if column.kind is ColumnKind.BLOB:
        return hexadecimal_text(column)
    if column.kind in TEXTUAL:
        return texts_text(column, xml_escaped)
    return _PLAIN[column.kind](column)


def json_text(column: Column) -> bytes:
    """Return the values as JSON writes them; those of `quoted_in_json` without their quotes."""
    if column.kind is ColumnKind.REAL:
        return reals_text(column, b"null", b"null")
    if column.kind is ColumnKind.BLOB:
        return blobs_text(column)
    if column.kind is ColumnKind.JSON:
        return json_values_text(column)
    if column.kind in TEXTUAL:
        return texts_text(column, json_escaped)
    return _PLAIN[column.kind](column)


def quoted_in_json(kind: ColumnKind) -> bool:
    """Return whether the values of such a column are JSON strings."""
    return kind is ColumnKind.BLOB or (kind in TEXTUAL and kind is not ColumnKind.JSON)


_PLAIN: Dict[ColumnKind, Callable[[Column], bytes]] = {
    ColumnKind.INTEGER: numbers_text,
    ColumnKind.BOOLEAN: booleans_text,
}
