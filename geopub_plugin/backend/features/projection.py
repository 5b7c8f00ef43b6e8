"""From one spatial reference system to another, one PROJ call a batch. x is easting or longitude, always.

pyproj is loaded when it is asked: that takes 0.05 s, and between a system and itself there is nothing to ask.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Optional, Tuple, Union

import numpy as np

from ..errors import InvalidInput
from ..translation import tr
from .batch import Geometries
from .schema import Bounds, Srs

if TYPE_CHECKING:
    import pyproj


@lru_cache(maxsize=256)
def reference_system(text: str) -> pyproj.CRS:
    """Return PROJ's reading of a code ("EPSG:2154"), an OGC URN or a WKT; raise InvalidInput if it has none."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise InvalidInput(
            tr("The coordinate reference system “{srs}” is not known.", srs=text[:80]),
            tr("PROJ does not find it in its database."),
            tr("Give the code of another one, such as EPSG:2154 or EPSG:4326."),
        ) from error


@lru_cache(maxsize=512)
def north_first(name: str) -> bool:
    """Return whether the authority puts north before east; where PROJ's `always_xy` turns them round."""
    axes = reference_system(name).axis_info
    if len(axes) < 2:
        return False
    first, second = axes[0].direction.lower(), axes[1].direction.lower()
    if first == second:  # polar systems: both axes point to or from the pole
        return axes[0].name.lower().startswith("northing")
    return first == "north" and second == "east"


def _text(srs: Union[Srs, str]) -> str:
    return srs.text if isinstance(srs, Srs) else srs


class Projection:
    """The way from one reference system to another; equal to another one between the same two."""

    def __init__(self, source: Union[Srs, str], target: Union[Srs, str]) -> None:
        self._between = _text(source), _text(target)
        self.same: bool = _text(source) == _text(target) or self.source.equals(self.target, ignore_axis_order=True)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Projection) and self._between == other._between

    def __hash__(self) -> int:
        return hash(self._between)

    @property
    def source(self) -> pyproj.CRS:
        """The system that coordinates are in."""
        return reference_system(self._between[0])

    @property
    def target(self) -> pyproj.CRS:
        """The system that they are brought to."""
        return reference_system(self._between[1])

    @cached_property
    def _transformer(self) -> Optional[pyproj.Transformer]:
        if self.same:
            return None
        from pyproj import Transformer
        from pyproj.exceptions import ProjError

        try:
            return Transformer.from_crs(self.source, self.target, always_xy=True)
        except ProjError as error:
            raise InvalidInput(
                tr("Coordinates cannot be brought from {source} to {target}.", source=self.source.name,
                   target=self.target.name),
                tr("PROJ knows no operation between the two."),
                tr("Choose another coordinate reference system."),
            ) from error  # fmt: skip

    def points(self, x: np.ndarray, y: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Return the points in the target system: float64 (n,) each; infinite where PROJ has no answer."""
        if self._transformer is None or len(x) == 0:
            return x, y
        return self._transformer.transform(x, y)

    def geometries(self, geometries: Geometries) -> Geometries:
        """Return the geometries in the target system; z and m stay as they are."""
        if self._transformer is None:
            return geometries
        x, y = self.points(geometries.x, geometries.y)
        return replace(geometries, x=x, y=y)

    def bounds(self, bounds: Bounds) -> Bounds:
        """Return bounds in the target system that hold the source's, its edges cut into 21 points each."""
        if self._transformer is None:
            return bounds
        west, south, east, north = bounds
        along = np.linspace(0.0, 1.0, 21)  # (21,)
        x, y = west + along * (east - west), south + along * (north - south)
        edges_x = np.concatenate([x, x, np.full(21, west), np.full(21, east)])  # (84,)
        edges_y = np.concatenate([np.full(21, south), np.full(21, north), y, y])  # (84,)
        out_x, out_y = self.points(edges_x, edges_y)
        known = np.isfinite(out_x) & np.isfinite(out_y)
        if not known.any():
            raise InvalidInput(
                tr("The area lies outside of where {target} is defined.", target=self.target.name),
                tr("None of its corners has coordinates there."),
                tr("Check the coordinate reference system of the data."),
            )
        out_x, out_y = out_x[known], out_y[known]
        return float(out_x.min()), float(out_y.min()), float(out_x.max()), float(out_y.max())
