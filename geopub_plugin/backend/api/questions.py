"""Reading requests, as leniently as the platform's clients need: lists, flags, filters, pages, bodies."""

from __future__ import annotations

import re
from typing import Any, BinaryIO, Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple, cast

from flask import Request, request

from ..catalogue.deliveries import Chunk, sha256_of_digest
from ..catalogue.rows import Listing
from ..errors import InvalidInput
from ..translation import tr

PAGE = 100  # items of a page when the client does not say
LARGEST_PAGE = 2000

_TAG = re.compile(r"tags\[(.+)\]")
_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+)")
_MOMENTS = {"creation": "created", "update": "updated", "last_event": "updated"}
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def listing(filters: Mapping[str, str]) -> Listing:
    """Read which part of a list is asked for.

    Args:
        filters: parameter -> column, of the parameters that choose items by text.
    """
    offset, limit = page()
    given = request.args.to_dict()
    tags = {match[1]: value for name, value in given.items() for match in [_TAG.fullmatch(name)] if match}
    chosen = {column: given[name] for name, column in filters.items() if given.get(name)}
    return Listing(chosen, tags, _sort(given.get("sort", "")), offset, limit)


def page(size: int = PAGE) -> Tuple[int, int]:
    """Return offset and limit of the page that is asked for."""
    number, limit = _whole("page", 1), min(_whole("limit", size), LARGEST_PAGE)
    return (number - 1) * limit, limit


def texts(name: str, form: bool = False) -> List[str]:
    """Return the values of an array, however it is written: `k=a&k=b`, `k[]=a`, `k[0]=a`, `k=a,b`."""
    indexed = re.compile(re.escape(name) + r"(\[\d*\])?")
    sources = (request.args, request.form) if form else (request.args,)
    found = [value for source in sources for key, value in source.items(multi=True) if indexed.fullmatch(key)]
    return [part.strip() for value in found for part in value.split(",") if part.strip()]


def text(name: str) -> str:
    """Return a value of the query or of the form; clients send the scalars of a file's creation in either."""
    return request.args.get(name) or request.form.get(name) or ""


def flag(value: Any, name: str) -> Optional[bool]:
    """Return a truth value, also as Python and forms write it; None for nothing."""
    if value is None or isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if not word:
        return None
    if word not in _FLAGS:
        raise InvalidInput(
            tr("The field “{name}” cannot be “{value}”.", name=name, value=value), cure=tr("Give true or false.")
        )
    return _FLAGS[word]


def body(*known: str) -> Dict[str, Any]:
    """Return the JSON object of the request, or only its known fields."""
    value = _json()
    if not isinstance(value, dict):
        raise InvalidInput(tr("The body of the request must be a JSON object."))
    return {name: value[name] for name in known if name in value} if known else value


def changes(texts: Sequence[str] = (), objects: Sequence[str] = ()) -> Dict[str, Any]:
    """Return what the JSON object of the request changes, of some fields that are texts or objects."""
    given = body(*texts, *objects)
    return {name: object_field(value, name) if name in objects else as_text(value) for name, value in given.items()}


def body_list() -> List[Any]:
    """Return the JSON array of the request."""
    value = _json()
    if not isinstance(value, list):
        raise InvalidInput(tr("The body of the request must be a JSON array."))
    return value


def tags() -> Dict[str, str]:
    """Return the tags of the request: a JSON object; numbers become text."""
    return {str(key): as_text(value) for key, value in body().items()}


def object_field(value: Any, name: str) -> Dict[str, Any]:
    """Return a field that must be a JSON object; nothing is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidInput(tr("The field “{name}” must be an object.", name=name))
    return value


def names_field(value: Any, name: str) -> List[str]:
    """Return a field that must be a list of texts; nothing is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidInput(tr("The field “{name}” must be a list of texts.", name=name))
    return value


def file() -> BinaryIO:
    """Return the file of a multipart request."""
    sent = request.files.get("file") or next(iter(request.files.values()), None)
    if sent is None:
        raise InvalidInput(
            tr("The request holds no file."),
            tr("A part named “file” is expected."),
            tr("Send it as multipart/form-data."),
        )
    return cast(BinaryIO, sent.stream)


def file_name() -> str:
    """Return the name of the file of a multipart request."""
    sent = request.files.get("file") or next(iter(request.files.values()), None)
    return (sent.filename or "") if sent is not None else ""


def chunk(asked: Request) -> Chunk:
    """Return which bytes of a file the body of a request is (Content-Range, Content-Digest)."""
    header = asked.headers.get("Content-Range", "")
    length = asked.content_length
    if length is None:
        raise InvalidInput(tr("The request states no length."), cure=tr("Send the header Content-Length."))
    digest = sha256_of_digest(asked.headers.get("Content-Digest", ""))
    if not header:
        return Chunk(0, length - 1, length, digest)
    match = _RANGE.fullmatch(header.strip())
    if match is None:
        raise _bad_range(header)
    total = int(match[3])
    first, last = (0, -1) if match[1] is None else (int(match[1]), int(match[2]))
    if last - first + 1 != length or last >= total:
        raise _bad_range(header)
    return Chunk(first, last, total, digest)


def wanted_fields() -> FrozenSet[str]:
    """Return the fields to which the items of a list are to be limited, none for all."""
    return frozenset(texts("fields"))


def _bad_range(header: str) -> InvalidInput:
    return InvalidInput(
        tr("The header Content-Range does not describe the body."),
        tr("It is “{value}”.", value=header),
        tr("Write it as: bytes 0-1048575/5000000, with as many bytes as the body has."),
    )


def _json() -> Any:
    value = request.get_json(force=True, silent=True)
    if value is None:
        raise InvalidInput(tr("The body of the request is not JSON."))
    return value


def as_text(value: Any) -> str:
    """Return a scalar as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _whole(name: str, otherwise: int) -> int:
    value = request.args.get(name, "")
    if not value:
        return otherwise
    if not value.isdigit() or not 0 < int(value) < 1 << 31:
        raise InvalidInput(
            tr("The parameter “{name}” cannot be “{value}”.", name=name, value=value),
            cure=tr("Give a whole number from 1."),
        )
    return int(value)


def _sort(value: str) -> Tuple[Tuple[str, bool], ...]:
    name, _, direction = value.partition(",")
    name, direction = name.strip(), direction.strip().lower()
    if ":" in name and not direction:
        name, _, direction = name.partition(":")
    return ((_MOMENTS.get(name, name), direction == "desc"),) if name else (("created", False),)
