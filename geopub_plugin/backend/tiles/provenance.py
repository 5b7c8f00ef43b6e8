"""What an archive tells, in its metadata, of how it was made: enough for a later one to follow it."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ..about import __version__
from ..features.geopackage import GeoPackageTable
from ..features.schema import Field
from .blocks import Spread
from .layer import LAYOUT
from .plan import PyramidPlan

KEY = "geopub"  # in the metadata of an archive


class Provenance(NamedTuple):
    """The plan and the data of an archive, and what its tiles do not tell themselves."""

    plan: str  # digest of all that its tiles depend on but the features
    data: Tuple[str, ...]  # digest of each table's features: keys, boxes, sizes of shapes
    levels: Tuple[Tuple[int, int, int], ...]  # level, features, features left out for the budget
    short: Tuple[Tuple[int, int], ...]  # tiles that had no room for everything, and what each left out

    def as_json(self) -> Dict[str, Any]:
        """Return the form in the metadata."""
        return {"plan": self.plan, "data": self.data, "levels": self.levels, "short": self.short}

    @classmethod
    def told_by(cls, metadata: Mapping[str, Any]) -> Optional[Provenance]:
        """Return what an archive tells, None where it tells nothing of the kind."""
        told = metadata.get(KEY)
        try:
            return cls(
                str(told["plan"]),
                tuple(told["data"]),
                tuple((int(a), int(b), int(c)) for a, b, c in told["levels"]),
                tuple((int(a), int(b)) for a, b in told["short"]),
            )
        except (TypeError, KeyError, ValueError):
            return None


def plan_digest(plan: PyramidPlan, fields: Sequence[Tuple[Field, ...]], spreads: Sequence[Spread]) -> str:
    """Return a digest of everything that tiles depend on but the features; the same for another revision of them."""
    tables = [
        (
            table.table, table.layer, table.top_level, table.bottom_level, table.filter, _system(spread),
            [(field.name, field.kind.value) for field in own], spread.thinning,
        )
        for table, own, spread in zip(plan.tables, fields, spreads)
    ]  # fmt: skip
    told = repr((__version__, LAYOUT, tables, plan.options, plan.area, plan.budget))
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def data_digests(spreads: Sequence[Spread]) -> Tuple[str, ...]:
    """Return a digest of each table's features: their keys, where they lie and how large their shapes are."""
    digests = []
    for spread in spreads:
        digest = hashlib.blake2b(digest_size=8)
        for array in (spread.fids, spread.boxes, spread.weights):
            digest.update(np.ascontiguousarray(array).data)
        digests.append(digest.hexdigest())
    return tuple(digests)


def _system(spread: Spread) -> str:
    with GeoPackageTable(spread.plan.data, spread.plan.table) as source:
        return json.dumps(None if source.schema.srs is None else source.schema.srs.text)
