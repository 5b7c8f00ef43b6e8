"""The formats that are taken: which files belong to one data set, and what reads them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Dict, List, Optional, Sequence, Tuple


@dataclass(frozen=True)
class Family:
    """One format."""

    id: str
    label: str
    suffixes: Tuple[str, ...]  # of the file that holds the data
    companions: Tuple[str, ...] = ()  # of files of the same name beside it
    needed: Tuple[str, ...] = ()  # companions without which it cannot be read
    driver: str = ""  # of GDAL; "" for what is read without it


GEOPACKAGE = Family("geopackage", "GeoPackage", (".gpkg",))
SHAPEFILE = Family(
    "shapefile",
    "Shapefile",
    (".shp",),
    (".shx", ".dbf", ".prj", ".cpg", ".qix", ".sbn", ".sbx", ".fbn", ".fbx", ".ain", ".aih", ".ixs", ".mxs", ".atx",
     ".shp.xml"),
    (".shx", ".dbf"),
    "ESRI Shapefile",
)  # fmt: skip
FLATGEOBUF = Family("flatgeobuf", "FlatGeobuf", (".fgb",), driver="FlatGeobuf")
GEOJSON = Family("geojson", "GeoJSON", (".geojson", ".json"), driver="GeoJSON")
CSV = Family("csv", "CSV", (".csv", ".tsv"), (".csvt",))
SQL = Family("sql", "SQL", (".sql",))

# Of several in a delivery, the first is published; .json comes late, since it is beside data as a description, too.
_ORDER = (GEOPACKAGE, SHAPEFILE, FLATGEOBUF, replace(GEOJSON, suffixes=(".geojson",)), CSV, GEOJSON, SQL)


@dataclass(frozen=True)
class Part:
    """A delivered file: where it is, and what its author called it, as a relative path with "/"."""

    path: Path
    name: str

    @property
    def stem(self) -> str:
        """The name without its folders and its suffix."""
        return PurePosixPath(self.name).stem


@dataclass(frozen=True)
class DataSet:
    """The file that holds data, and its companions by suffix."""

    family: Family
    main: Part
    companions: Dict[str, Part]

    @property
    def missing(self) -> Tuple[str, ...]:
        """The suffixes of companions that are needed and not there."""
        return tuple(suffix for suffix in self.family.needed if suffix not in self.companions)


def suffix_of(name: str) -> str:
    """Return a name's suffix in lower case; ".shp.xml" is one."""
    lower = name.lower()
    return ".shp.xml" if lower.endswith(".shp.xml") else PurePosixPath(lower).suffix


def belongs(suffix: str, family: Family) -> bool:
    """Tell whether files with this suffix are the family's, data or companions."""
    return suffix in family.suffixes or suffix in family.companions


def chosen_family(names: Sequence[str]) -> Optional[Family]:
    """Return the family that is published of files with these names, None when none is data."""
    suffixes = {suffix_of(name) for name in names}
    return next((family for family in _ORDER if suffixes.intersection(family.suffixes)), None)


def data_sets(parts: Sequence[Part], family: Family) -> Tuple[List[DataSet], List[Part]]:
    """Return the data sets of a family, in the order of their files, and the files that belong to none."""
    beside: Dict[str, Dict[str, Part]] = {}
    for part in parts:
        suffix = suffix_of(part.name)
        if suffix in family.companions:
            beside.setdefault(part.name[: -len(suffix)].lower(), {}).setdefault(suffix, part)
    found, used = [], set()
    for part in parts:
        suffix = suffix_of(part.name)
        if suffix in family.suffixes:
            companions = beside.get(part.name[: -len(suffix)].lower(), {})
            found.append(DataSet(family, part, companions))
            used.update([part, *companions.values()])
    return found, [part for part in parts if part not in used]
