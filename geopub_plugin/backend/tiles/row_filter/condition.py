"""From the tree of a filter to a condition of SQLite, checked against the columns of a table."""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from typing import Dict, List, Optional, Union

from ...errors import InvalidInput
from ...features.condition import LISTED, SqlCondition
from ...features.geopackage import quoted
from ...features.schema import ColumnKind, TableSchema
from ...translation import tr
from .tree import All, Among, AnyOf, Between, Column, Comparison, Condition, Like, Literal, Missing, Not, Operand, Truth
from .values import family_of, value_for
from .words import refused

_Stored = Union[str, int, float]


def written(tree: Condition, given: str, schema: TableSchema) -> SqlCondition:
    """Return the condition that the tree of a filter, as it was `given`, puts on a table.

    Raises:
        InvalidInput: it names a column that the table has not, or compares what cannot be compared.
    """
    writer = _Writer(given, schema)
    sql = writer.written(tree)
    return SqlCondition(sql, tuple(writer.values))


class _Writer:
    """Writes SQL: every identifier quoted, every value a placeholder."""

    def __init__(self, given: str, schema: TableSchema) -> None:
        self._given = given
        self._schema = schema
        self._kinds: Dict[str, ColumnKind] = {field.name: field.kind for field in schema.fields}
        if schema.fid:
            self._kinds[schema.fid] = ColumnKind.INTEGER
        self.values: List[_Stored] = []

    def written(self, tree: Condition) -> str:
        if isinstance(tree, (All, AnyOf)):
            word = " AND " if isinstance(tree, All) else " OR "
            return "(" + word.join([self.written(part) for part in tree.parts]) + ")"
        if isinstance(tree, Not):
            return f"(NOT {self.written(tree.inner)})"
        if isinstance(tree, Comparison):
            return self._comparison(tree)
        if isinstance(tree, Among):
            return self._among(tree)
        if isinstance(tree, Between):
            return self._between(tree)
        if isinstance(tree, Like):
            return self._like(tree)
        return self._state(tree)

    def _comparison(self, tree: Comparison) -> str:
        left = self._operand(tree.left, self._kind_beside(tree.left, tree.right))
        return f"{left} {tree.operator} {self._operand(tree.right, self._kind_beside(tree.right, tree.left))}"

    def _between(self, tree: Between) -> str:
        kind = self._kind_beside(tree.operand, tree.low) or self._kind_beside(tree.operand, tree.high)
        operand = self._operand(tree.operand, kind)
        low = self._operand(tree.low, self._kind_beside(tree.low, tree.operand))
        high = self._operand(tree.high, self._kind_beside(tree.high, tree.operand))
        return f"{operand} {'NOT ' if tree.negated else ''}BETWEEN {low} AND {high}"

    def _among(self, tree: Among) -> str:
        kind = self._kind(tree.operand)
        operand = self._operand(tree.operand, kind)
        choices = [self._value(choice, kind) for choice in tree.choices]
        self.values.append(json.dumps(choices, ensure_ascii=False))  # one placeholder, however long the list
        return f"{operand} {'NOT ' if tree.negated else ''}IN {LISTED}"

    def _like(self, tree: Like) -> str:
        operand = self._operand(tree.operand, self._kind(tree.operand))
        self.values.append(glob_of(tree.pattern, tree.escape, tree.any_case))
        return f"{operand} {'NOT ' if tree.negated else ''}GLOB ?"  # SQLite's LIKE does not mind case, GLOB does

    def _state(self, tree: Union[Missing, Truth]) -> str:
        if isinstance(tree, Missing):
            return f"{self._operand(tree.operand, self._kind(tree.operand))} IS {'NOT ' if tree.negated else ''}NULL"
        kind = self._kind(tree.operand)
        boolean = isinstance(tree.operand, Literal) and isinstance(tree.operand.value, bool)
        if not boolean and kind is not ColumnKind.BOOLEAN:
            name = tree.operand.name if isinstance(tree.operand, Column) else str(tree.operand.value)
            raise self._refusal(tr("“{name}” is neither true nor false, nor is it compared with anything.", name=name))
        operand = self._operand(tree.operand, kind)
        if tree.expected is None:
            return f"{operand} <> 0"
        same = tree.expected is not tree.negated
        missing = "OR {} IS NULL" if tree.negated else "AND {} IS NOT NULL"
        return f"({operand} {'<>' if same else '='} 0 {missing.format(self._again(operand))})"

    def _again(self, operand: str) -> str:
        """Return an operand that is written a second time; its value, too."""
        if operand == "?":
            self.values.append(self.values[-1])
        return operand

    # Operands ---------------------------------------------------------------------------------------------------

    def _operand(self, operand: Operand, kind: Optional[ColumnKind]) -> str:
        """Return a column, quoted, or the placeholder of a value of this kind."""
        if isinstance(operand, Column):
            return quoted(self._column(operand))
        self.values.append(self._value(operand, kind))
        return "?"

    def _value(self, literal: Literal, kind: Optional[ColumnKind]) -> _Stored:
        try:
            return value_for(literal.value, kind)
        except InvalidInput as error:
            raise self._refusal(error.what, error.cure) from error

    def _kind(self, operand: Operand) -> Optional[ColumnKind]:
        return self._kinds[self._column(operand)] if isinstance(operand, Column) else None

    def _kind_beside(self, operand: Operand, other: Operand) -> Optional[ColumnKind]:
        """Return the kind of an operand that is compared with another; refuse two columns that do not compare."""
        own, kind = self._kind(operand), self._kind(other)
        if own is not None and kind is not None and family_of(own) != family_of(kind):
            raise self._refusal(
                tr("The columns “{one}” and “{other}” hold different kinds of values.", one=self._column(operand),
                   other=self._column(other)),
                tr("Compare columns of the same kind."),
            )  # fmt: skip
        return kind if own is None else own

    def _column(self, column: Operand) -> str:
        """Return the name of a column as the table spells it."""
        if not isinstance(column, Column):
            raise TypeError(column)
        if column.name in self._kinds:
            return column.name
        alike = [name for name in self._kinds if name.lower() == column.name.lower()]
        if len(alike) == 1 and not column.quoted:
            return alike[0]
        raise self._unknown(column.name, alike)

    def _unknown(self, name: str, alike: List[str]) -> InvalidInput:
        if name.lower() == self._schema.geometry.lower():
            return self._refusal(tr("“{name}” is the geometry.", name=name), tr("Give an area to limit where."))
        lowered = {known.lower(): known for known in self._kinds}
        near = alike or [lowered[found] for found in get_close_matches(name.lower(), lowered, 1, 0.5)]
        why = tr("The table “{table}” has no column “{name}”.", table=self._schema.name, name=name)
        if near:
            return self._refusal(why, tr("Did you mean “{name}”? Text goes in 'single quotes'.", name=near[0]))
        names = ", ".join(self._kinds)
        return self._refusal(why, tr("Its columns are: {names}. Text goes in 'single quotes'.", names=names))

    def _refusal(self, why: str, cure: str = "") -> InvalidInput:
        return refused(self._given, why, cure)


def glob_of(pattern: str, escape: str, any_case: bool) -> str:
    """Return the pattern of LIKE, or of ILIKE (`any_case`), as a pattern of SQLite's GLOB."""
    made: List[str] = []
    escaped = False
    for letter in pattern:
        if not escaped and letter == escape:
            escaped = True
            continue
        if not escaped and letter in "%_":
            made.append({"%": "*", "_": "?"}[letter])
        else:
            cases = sorted({letter, letter.lower(), letter.upper()}) if any_case else [letter]
            cases = [case for case in cases if len(case) == 1]
            special = len(cases) > 1 or letter in "*?["
            made.append(f"[{''.join(cases)}]" if special else letter)
        escaped = False
    return re.sub(r"\*\*+", "*", "".join(made))  # as much, and quicker
