"""Attribute values of a batch as texts, a column at a time."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from typing import Callable, Dict, List

import numpy as np

from ...features.batch import Column
from ...features.bytestrings import END, Texts, laid, row_texts
from ...features.decimals import MOST_DECIMALS, decimal_words, integer_words, states_exactly
from ...features.schema import ColumnKind

TEXTUAL = (ColumnKind.TEXT, ColumnKind.DATE, ColumnKind.DATETIME, ColumnKind.TIME, ColumnKind.JSON)
_END = END.decode("ascii")
_WHITE = (9, 10, 13)
_CONTROLS = bytes(code for code in range(32) if code not in (*_WHITE, END[0]))
_JSON_CONTROL = re.compile(rb"[\x00\x02-\x1f]")


def integers(column: Column) -> Texts:
    """Return the values of an INTEGER column."""
    return row_texts(integer_words(column.values), len(column.values))


def reals(column: Column, not_a_number: bytes, infinity: bytes) -> Texts:
    """Return the values of a REAL column in the shortest decimals that are read back as the same double.

    `infinity` is written with a minus before it for the negative one.
    """
    values = column.values if column.null is None else np.where(column.null, 0.0, column.values)
    decimals, exact = 3, states_exactly(values, 3)
    if not exact.all():
        decimals, exact = MOST_DECIMALS, states_exactly(values, MOST_DECIMALS)
    odd = np.flatnonzero(~exact)  # more decimals, very large, or no number
    if 4 * len(odd) > len(values):
        return _spelled_reals(values.tolist(), not_a_number, infinity)
    texts = row_texts(decimal_words(values, decimals, point=True), len(values))
    return texts.replaced(odd, _spelled_reals(values[odd].tolist(), not_a_number, infinity)) if len(odd) else texts


def _spelled_reals(values: List[float], not_a_number: bytes, infinity: bytes) -> Texts:
    text = (_END.join(map(repr, values)) + _END).encode("ascii") if values else b""
    if b"n" in text:  # nan, inf
        text = text.replace(b"nan", not_a_number).replace(b"-inf", _negative(infinity)).replace(b"inf", infinity)
    return Texts.ended(text)


def _negative(infinity: bytes) -> bytes:
    return b"-" + infinity if infinity.isupper() else infinity  # JSON has none, and says null


def booleans(column: Column) -> Texts:
    """Return "true" and "false"."""
    return Texts.chosen([b"false", b"true"], column.values.astype(np.intp))


def base64(column: Column) -> Texts:
    """Return the values of a BLOB column in base 64 (RFC 4648 §4)."""
    return Texts.of(list(map(b64encode, column.values.tolist())))


def hexadecimal(column: Column) -> Texts:
    """Return the values of a BLOB column as `xsd:hexBinary`: GDAL drops a schema that holds `xsd:base64Binary`."""
    return Texts.of([value.hex().upper().encode("ascii") for value in column.values.tolist()])


def texts(column: Column, escape: Callable[[bytes], bytes]) -> Texts:
    """Return the values of a textual column in UTF-8; `escape` gets them all at once, each with `END` after it."""
    found = _joined_texts(column, escape) if column.encoded is None else _stored_texts(column.encoded, escape)
    if len(found) == len(column):
        return found
    without = [value.replace(_END, "") for value in column.texts()]  # the mark itself occurs
    return Texts.ended(escape((_END.join(without) + _END).encode("utf-8", "replace")))


def _joined_texts(column: Column, escape: Callable[[bytes], bytes]) -> Texts:
    """Return the values that are objects of Python; more of them where one holds the mark."""
    return Texts.ended(escape(_END.join([*column.values.tolist(), ""]).encode("utf-8", "replace")))


def _stored_texts(values: Texts, escape: Callable[[bytes], bytes]) -> Texts:
    """Return the values as the file has them; more of them where one holds the mark."""
    together = laid([values, END], len(values))
    text = together.data.tobytes()
    escaped = escape(_sound(text))
    same = escaped is text and np.count_nonzero(together.data == END[0]) == len(values)
    return Texts(together.data, together.start, values.size) if same else Texts.ended(escaped)


def _sound(text: bytes) -> bytes:
    """Return a text in UTF-8; what is not UTF-8 in it becomes U+FFFD."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("utf-8", "replace").encode("utf-8")
    return text


def _has_controls(text: bytes) -> bool:
    codes = np.frombuffer(text, np.uint8)
    return bool(np.count_nonzero(codes < 32) > np.count_nonzero(codes == END[0]))


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


def json_documents(column: Column) -> Texts:
    """Return the values of a JSON column as JSON values."""
    return Texts.of([_json_value(value) for value in column.texts()])


def xml_values(column: Column) -> Texts:
    """Return the values as XML Schema writes them (XSD 1.0 part 2); nothing for NULL."""
    return _written(column, _XML)


def json_values(column: Column) -> Texts:
    """Return the values as JSON writes them, those of `quoted_in_json` without their quotes; nothing for NULL."""
    return _written(column, _JSON)


def quoted_in_json(kind: ColumnKind) -> bool:
    """Return whether the values of such a column are JSON strings."""
    return kind is ColumnKind.BLOB or (kind in TEXTUAL and kind is not ColumnKind.JSON)


def where_null(null: np.ndarray, otherwise: bytes, there: bytes) -> Texts:
    """Return `there` for each value (N of them) but for NULL, which gets what is said of it."""
    return Texts.chosen([there, otherwise], null.astype(np.intp))


_Writers = Dict[ColumnKind, Callable[[Column], Texts]]
_XML: _Writers = {
    **dict.fromkeys(TEXTUAL, lambda column: texts(column, xml_escaped)),
    ColumnKind.INTEGER: integers,
    ColumnKind.REAL: lambda column: reals(column, b"NaN", b"INF"),
    ColumnKind.BOOLEAN: booleans,
    ColumnKind.BLOB: hexadecimal,
}
_JSON: _Writers = {
    **dict.fromkeys(TEXTUAL, lambda column: texts(column, json_escaped)),
    ColumnKind.INTEGER: integers,
    ColumnKind.REAL: lambda column: reals(column, b"null", b"null"),
    ColumnKind.BOOLEAN: booleans,
    ColumnKind.BLOB: base64,
    ColumnKind.JSON: json_documents,
}


def _written(column: Column, writers: _Writers) -> Texts:
    values = writers[column.kind](column)
    return values if column.null is None else values.without(column.null)
