"""What a filter compares, as SQL: columns, values in the form of the column they are compared with, calculations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, FrozenSet, List, Mapping, Optional, Tuple, Union

from ...errors import InvalidInput
from ...features.condition import SqlFunction
from ...features.geopackage import quoted
from ...features.schema import Bounds, ColumnKind, TableSchema
from ...tiles.row_filter.values import family_of, value_for
from ...translation import tr
from ..owscommon import OwsError, invalid
from ..reference_systems import WireSrs
from .arithmetic import FUNCTIONS, SIGNS
from .text_folding import FOLDS
from .tree import Arithmetic, Constant, Folded, Operand, Property

MOMENTS = (ColumnKind.DATE, ColumnKind.DATETIME)
UTC = "strftime('%Y-%m-%dT%H:%M:%fZ', {})"  # whatever zone and fraction the column writes


@dataclass(frozen=True)
class FilteredType:
    """What a filter needs to know of the type that it is about."""

    schema: TableSchema
    fields: Mapping[str, str]  # column by each name of it on the wire
    geometry: FrozenSet[str]  # names of the geometry
    keys: Callable[[Tuple[str, ...]], Tuple[int, ...]]  # of identifiers, those of this type
    srs: Optional[WireSrs] = None  # of geometries that name none; None: as the table has them
    bounds: Optional[Bounds] = None  # of its features, in longitude and latitude
    listing: str = ""  # tells where properties are listed; "": in the schema that a WFS describes


class Operands:
    """Writes operands, and gathers the values and functions that the SQL needs."""

    def __init__(self, filtered: FilteredType) -> None:
        self.filtered = filtered
        self.schema = filtered.schema
        self.kinds: Dict[str, ColumnKind] = {field.name: field.kind for field in self.schema.fields}
        if self.schema.fid:
            self.kinds[self.schema.fid] = ColumnKind.INTEGER
        self.values: List[Union[str, int, float]] = []
        self.functions: List[SqlFunction] = []

    def kind_of(self, *operands: Operand) -> Optional[ColumnKind]:
        """Return the kind in which operands are compared: that of a column among them, else what their values are.

        None where nothing tells. Given dates and times are cast to the kind of the column, or to times.

        Raises:
            OwsError: they do not compare.
        """
        given = [one.kind for one in operands if isinstance(one, Constant) and one.kind is not None]
        kinds = [self._kind(one) for one in operands if not isinstance(one, Constant)]
        told = ", ".join(map(_told, operands))
        if set(kinds) == set(MOMENTS):
            # /req/basic-cql2/binary-comparison-predicate D of 21-065r2; /per/basic-cql2/type-casts lets us refuse
            why = tr("It compares dates with times: a date is a day in no time zone, a time is a moment.")
            raise invalid("filter", told, why, tr("Compare each of them with a date or a time that you give."))
        kinds = kinds or given
        if len({family_of(kind) for kind in kinds}) > 1 and set(kinds) != set(MOMENTS):
            raise invalid("filter", told, tr("It compares values of different kinds."), self._listing())
        return ColumnKind.DATETIME if ColumnKind.DATETIME in kinds else kinds[0] if kinds else None

    def _kind(self, operand: Union[Property, Arithmetic, Folded]) -> ColumnKind:
        if isinstance(operand, Property):
            return self.kinds[self.column(operand)]
        return ColumnKind.REAL if isinstance(operand, Arithmetic) else ColumnKind.TEXT

    def value(self, operand: Operand, kind: Optional[ColumnKind]) -> str:
        """Return an operand; a value as a placeholder, of the kind that it is compared with."""
        if isinstance(operand, Property):
            column = quoted(self.column(operand))
            return UTC.format(column) if kind is ColumnKind.DATETIME else column
        if isinstance(operand, Arithmetic):
            return self._calculated(operand)
        if isinstance(operand, Folded):
            return self.folded(operand.fold, self._of_family(operand.operand, ColumnKind.TEXT, operand.fold.upper()))
        self.values.append(self.converted(operand, kind))
        return "?"

    def _calculated(self, node: Arithmetic) -> str:
        left, right = (self._of_family(one, ColumnKind.REAL, node.operator) for one in (node.left, node.right))
        if node.operator in SIGNS:
            return SIGNS[node.operator].format(left, right)
        name, function = FUNCTIONS[node.operator]
        self._need(SqlFunction(name, 2, function))
        return f"{name}({left}, {right})"

    def _of_family(self, operand: Operand, family: ColumnKind, user: str) -> str:
        """Return an operand of something that takes numbers, or texts, only."""
        kind = operand.kind if isinstance(operand, Constant) else self._kind(operand)
        if kind is None or family_of(kind) is not family:
            name = _told(operand)
            why = tr("“{user}” is for texts, and “{name}” is none.", user=user, name=name[:100])
            if family is ColumnKind.REAL:
                why = tr("“{user}” is for numbers, and “{name}” is none.", user=user, name=name[:100])
            raise invalid("filter", name, why, self._listing())
        return self.value(operand, kind)

    def folded(self, fold: str, operand: str) -> str:
        """Return SQL for a text (in SQL) without its case, or without its accents."""
        name, function = FOLDS[fold]
        self._need(SqlFunction(name, 1, lambda value: function(value) if isinstance(value, str) else value))
        return f"{name}({operand})"

    def _need(self, function: SqlFunction) -> None:
        if all(other.name != function.name for other in self.functions):
            self.functions.append(function)

    def converted(self, value: Constant, kind: Optional[ColumnKind]) -> Union[str, int, float]:
        """Return a value as a column of a kind holds it; raise OwsError where none can."""
        text: Union[str, int, float] = value.text
        if value.kind in MOMENTS and kind is not None and kind not in MOMENTS:
            raise invalid("filter", value.text, tr("It compares values of different kinds."))
        try:
            number = value_for(text, ColumnKind.REAL) if value.kind is ColumnKind.REAL else text
            return value_for(number, kind)
        except InvalidInput as error:
            raise invalid("filter", value.text, error.what, error.cure) from error

    def column(self, operand: Property) -> str:
        """Return the column that a property is; raise OwsError where there is none."""
        name = local_part(operand.name)
        column = self.filtered.fields.get(operand.name) or self.filtered.fields.get(name)
        if column is None and operand.name.lstrip("@").rpartition(":")[2] in ("id", "fid") and self.schema.fid:
            return self.schema.fid
        if column is None:
            if name in self.filtered.geometry:
                raise self.unknown(operand.name, tr("The geometry compares with geometries only."))
            raise self.unknown(operand.name, tr("The feature type has no such property."))
        return column

    def moment(self, operand: Property) -> str:
        """Return the column of dates or times that a property is; raise OwsError where it is none."""
        column = self.column(operand)
        if self.kinds[column] not in MOMENTS:
            raise self.unknown(operand.name, tr("It holds neither dates nor times."))
        return column

    def unknown(self, name: str, why: str) -> OwsError:
        """Return the error of a property that is not there, or not what it should be."""
        return invalid("filter", name, why, self._listing())

    def _listing(self) -> str:
        return self.filtered.listing or tr("DescribeFeatureType lists its properties.")


def _told(operand: Operand) -> str:
    """Return what a person knows an operand by."""
    return operand.text if isinstance(operand, Constant) else getattr(operand, "name", "…")


def local_part(reference: str) -> str:
    """Return the name that a value reference ends with: "p:roads/p:name" → "name"."""
    return reference.strip().rpartition("/")[2].rpartition(":")[2]
