"""CQL2 text (OGC 21-065r2, annex B) as CQL2 JSON: one reader, `cql2`, then takes both."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Callable, Dict, List, NoReturn, Optional, Sequence

from osgeo import ogr

from ...ingest.geometry_engine import quiet
from ...translation import tr
from .arithmetic import OPERATORS
from .cql2 import DEEPEST, Json
from .cql2_errors import unknown, wrong
from .text_folding import FOLDS

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^']|'')*')
    | (?P<name>"(?:[^"]|"")+")
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<word>[^\W\d][\w.:]*|[:_][\w.:]*)
    | (?P<sign><>|<=|>=|[=<>(),+*/%^-])
    | (?P<other>\S)
    )""",
    re.VERBOSE,
)
_COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")
_GEOMETRIES = (
    "POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION",
)  # fmt: skip
_RESERVED = ("AND", "OR", "NOT", "LIKE", "BETWEEN", "IN", "IS", "NULL")
_MOST_TOKENS = 20_000
_MOST_TEXT = 1_000_000  # characters


@dataclass(frozen=True)
class _Token:
    kind: str  # text, name, number, word, sign, other, end
    text: str
    begin: int
    end: int

    @property
    def keyword(self) -> str:
        return self.text.upper() if self.kind == "word" else ""


def json_of(text: str) -> Json:
    """Return the CQL2 JSON of a filter in CQL2 text; raise OwsError that names what it is wrong about."""
    if len(text) > _MOST_TEXT:
        raise wrong(tr("The filter is too long, or nested too deep."))
    return _Parser(text).whole()


def _tokens(text: str) -> List[_Token]:
    found: List[_Token] = []
    at, rest = 0, len(text.rstrip())
    while at < rest:
        match = _TOKEN.match(text, at)
        if match is None or len(found) > _MOST_TOKENS:
            raise wrong(tr("The filter is too long, or nested too deep."))
        kind = match.lastgroup or "other"
        found.append(_Token(kind, match.group(kind), match.start(kind), match.end()))
        at = match.end()
    return [*found, _Token("end", "", rest, rest)]


class _Parser:
    """Reads one filter by recursive descent, a method for each rule."""

    def __init__(self, text: str) -> None:
        self.text, self.tokens, self.at, self.depth = text, _tokens(text), 0, 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        token = self.next
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def taken(self, *keywords: str) -> bool:
        """Take the next token where it is one of these words or signs."""
        fits = self.next.keyword in keywords or (self.next.kind == "sign" and self.next.text in keywords)
        if fits:
            self.take()
        return fits

    def need(self, sign: str) -> None:
        if not self.taken(sign):
            self.fail(tr("“{sign}” is missing", sign=sign))

    def fail(self, why: str) -> NoReturn:
        token = self.next
        here = self.text[token.begin : token.begin + 30] or tr("its end")
        raise wrong(tr("{why} before “{here}”.", why=why, here=here))

    def whole(self) -> Json:
        condition = self.condition(self.disjunction())
        if self.next.kind != "end":
            self.fail(tr("An operator is missing"))
        return condition

    def condition(self, node: Json) -> Json:
        """Return what is read last, where it is a condition."""
        if isinstance(node, bool) or (isinstance(node, dict) and node.get("op") not in (None, *OPERATORS, *FOLDS)):
            return node
        return self.fail(tr("A comparison is missing"))

    def disjunction(self) -> Json:
        return self._joined("OR", self.conjunction)

    def conjunction(self) -> Json:
        return self._joined("AND", self.factor)

    def _joined(self, word: str, part: Callable[[], Json]) -> Json:
        parts = [part()]
        while self.next.keyword == word:
            self.condition(parts[-1])
            self.take()
            parts.append(part())
        return parts[0] if len(parts) == 1 else {"op": word.lower(), "args": [*parts[:-1], self.condition(parts[-1])]}

    def factor(self) -> Json:
        """Read a condition, or what a condition in brackets may begin with: a value."""
        self.deeper()
        if self.taken("NOT"):
            made: Json = {"op": "not", "args": [self.condition(self.factor())]}
        else:
            made = self.predicate(self.scalar())
        self.depth -= 1
        return made

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise wrong(tr("The filter is too long, or nested too deep."))

    def predicate(self, left: Json) -> Json:
        if self.next.kind == "sign" and self.next.text in _COMPARISONS:
            return {"op": self.take().text, "args": [left, self.scalar()]}
        if self.taken("IS"):
            negated = self.taken("NOT")
            if not self.taken("NULL"):
                self.fail(tr("“{sign}” is missing", sign="NULL"))
            return _negated({"op": "isNull", "args": [left]}, negated)
        negated = self.taken("NOT")
        if self.taken("LIKE"):
            return _negated({"op": "like", "args": [left, self.scalar()]}, negated)
        if self.taken("BETWEEN"):
            low = self.scalar()
            if not self.taken("AND"):
                self.fail(tr("“{sign}” is missing", sign="AND"))
            return _negated({"op": "between", "args": [left, low, self.scalar()]}, negated)
        if self.taken("IN"):
            return _negated({"op": "in", "args": [left, self.arguments()]}, negated)
        if negated:
            self.fail(tr("A comparison is missing"))
        return left

    def arguments(self) -> List[Json]:
        """Read a list in brackets."""
        self.need("(")
        found = [self.scalar()]
        while self.taken(","):
            found.append(self.scalar())
        self.need(")")
        return found

    def scalar(self) -> Json:
        """Read a value: a sum is of products, and these of powers; those of one rank count from the left."""
        return self._calculated(("+", "-"), self._product)

    def _product(self) -> Json:
        return self._calculated(("*", "/", "%", "DIV"), self._power)

    def _calculated(self, operators: Sequence[str], part: Callable[[], Json]) -> Json:
        made = part()
        while self.next.keyword in operators or (self.next.kind == "sign" and self.next.text in operators):
            made = {"op": self.take().text.lower(), "args": [made, part()]}
        return made

    def _power(self) -> Json:
        """Read a power; of several, the last two are one (2 ^ 3 ^ 2 is 2 ^ 9)."""
        made = self.operand()
        if self.taken("^"):
            self.deeper()
            made = {"op": "^", "args": [made, self._power()]}
            self.depth -= 1
        return made

    def operand(self) -> Json:
        """Read what has no operator outside of brackets, but a sign."""
        if self.next.text in ("+", "-") and self.next.kind == "sign":
            sign = -1 if self.take().text == "-" else 1
            self.deeper()
            inner = self.operand()
            self.depth -= 1
            if type(inner) in (int, float):
                return sign * inner
            return inner if sign > 0 else {"op": "*", "args": [-1, inner]}
        if self.taken("("):
            inner = self.disjunction()
            self.need(")")
            return inner
        return self.plain()

    def plain(self) -> Json:
        """Read a value that is a word or a literal, or a function."""
        token = self.next
        if token.kind == "text":
            return self.take().text[1:-1].replace("''", "'")
        if token.kind == "name":
            return {"property": self.take().text[1:-1].replace('""', '"')}
        if token.kind == "number":
            return _number(self.take().text)
        word = token.keyword
        if not word or word in _RESERVED:
            self.fail(tr("A value or a property is missing"))
        if word in ("TRUE", "FALSE"):
            self.take()
            return word == "TRUE"
        if word in _GEOMETRIES and self._is_geometry():
            return self.geometry()
        if self._opens():
            return self.function(word)
        return {"property": self.take().text}

    def _opens(self) -> bool:
        return self.tokens[min(self.at + 1, len(self.tokens) - 1)].text == "("

    def _is_geometry(self) -> bool:
        following = self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        return following.text == "(" or following.keyword in ("Z", "EMPTY")

    def function(self, word: str) -> Json:
        """Read a function; a condition, where it is about space or time."""
        made = _FUNCTIONS.get(word)
        if made is None and word.startswith("A_"):
            raise unknown(self.next.text, tr("No property of its collections is an array."))
        if made is None and not word.startswith(("S_", "T_")):
            raise unknown(self.next.text)
        self.take()
        arguments = self.arguments()
        return made(arguments) if made else {"op": word.lower(), "args": arguments}

    def geometry(self) -> Json:
        """Read well-known text up to the bracket that ends it."""
        begin, open_brackets = self.take().begin, 0
        while self.next.kind != "end":
            token = self.take()
            open_brackets += {"(": 1, ")": -1}.get(token.text, 0)
            if open_brackets == 0 and (token.text == ")" or token.keyword == "EMPTY"):
                return _geojson(self.text[begin : token.end])
        return self.fail(tr("“{sign}” is missing", sign=")"))


def _negated(condition: Json, negated: bool) -> Json:
    return {"op": "not", "args": [condition]} if negated else condition


def _number(text: str) -> Json:
    return int(text) if re.fullmatch(r"\d{1,18}", text) else float(text)


def _geojson(text: str) -> Json:
    with quiet():
        try:
            geometry: Optional[ogr.Geometry] = ogr.CreateGeometryFromWkt(text)
        except RuntimeError:  # where GDAL's exceptions are on
            geometry = None
        whole = geometry is not None and not geometry.IsEmpty()  # GeoJSON has no empty point
        written = geometry.ExportToJson(["COORDINATE_PRECISION=17"]) if whole else None  # None: too large a number
    if written is None:
        raise wrong(tr("“{value}” is no geometry in well-known text.", value=text[:60]))
    return json.loads(written)


def _folded(name: str) -> Callable[[List[Json]], Json]:
    return lambda arguments: {"op": name, "args": arguments}


def _one(name: str) -> Callable[[List[Json]], Json]:
    def made(arguments: List[Json]) -> Json:
        if len(arguments) != 1:
            raise wrong(tr("“{name}” needs one value.", name=name.upper()))
        return {name: arguments[0]}

    return made


_FUNCTIONS: Dict[str, Callable[[List[Json]], Json]] = {
    "CASEI": _folded("casei"),
    "ACCENTI": _folded("accenti"),
    "DATE": _one("date"),
    "TIMESTAMP": _one("timestamp"),
    "INTERVAL": lambda arguments: {"interval": arguments},
    "BBOX": lambda arguments: {"bbox": arguments},
}
