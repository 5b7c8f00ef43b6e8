"""The published types that a request may name."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import Callable, Dict, Iterator, Optional, Sequence, Tuple, TypeVar

from ...errors import GeoPubError
from ...features.schema import Srs, TableSchema
from ...translation import tr
from ..owscommon import OwsError, Parameters, invalid, missing, wire_list
from ..publications import FeatureType, Publications
from ..reference_systems import WireSrs, default_srs, wire_srs
from .names import TypeName, type_name
from .tables import Tables

_log = logging.getLogger(__name__)
_DECLARATION = re.compile(r"xmlns\(\s*(?:([^=,()]+)\s*[=,])?\s*([^,()]+)\)")
_Listed = TypeVar("_Listed", bound="ListedType")
_SCHEMA_ELEMENT = re.compile(r"schema-element\((.*)\)")


@dataclass(frozen=True)
class ListedType:
    """A published type with what lists say of it: no table is opened for that."""

    type: FeatureType
    name: TypeName
    srs: WireSrs  # the one it is published in
    storage: str  # the table's own system, "EPSG:2154"; "" where no authority lists it


@dataclass(frozen=True)
class PublishedType(ListedType):
    """A published type with what its table says of it."""

    schema: TableSchema


def _storage(srs: Optional[Srs]) -> str:
    """Return the name of a system, "" where it is published in another one because PROJ does not know it by name."""
    return srs.name if srs is not None and default_srs(srs).name == srs.name else ""


class Catalogue:
    """The published types at the moment of one request."""

    def __init__(self, publications: Publications, tables: Tables, base: str, x_first: bool = False) -> None:
        """Describe what is published; `x_first` names systems in the short form, whose first axis is always x."""
        self.base = base
        self.tables = tables
        self._x_first = x_first
        self._types: Dict[str, FeatureType] = {type_name(one).text: one for one in publications.feature_types()}

    def all(self) -> Tuple[PublishedType, ...]:
        """Return every published type whose table can be read; the log says which cannot."""
        return tuple(self._readable(self.described))

    def listed(self) -> Tuple[ListedType, ...]:
        """Return what lists say of every published type; only tables whose system nobody has noted are opened."""
        return tuple(self._readable(self._listed))

    def _readable(self, made: Callable[[FeatureType], _Listed]) -> Iterator[_Listed]:
        for one in self._types.values():
            try:
                yield made(one)
            except GeoPubError as error:  # noqa: PERF203 - one bad file must not hide the other types
                _log.warning("The feature type %s is left out: %s", one.name, error)

    def _listed(self, feature_type: FeatureType) -> ListedType:
        organization, _colon, code = feature_type.srs.partition(":")
        if not code.isdigit():
            return self.described(feature_type)
        own = Srs(organization, int(code), "")
        return ListedType(feature_type, type_name(feature_type), self._wire(own), _storage(own))

    def _wire(self, srs: Optional[Srs]) -> WireSrs:
        wire = default_srs(srs)
        return wire_srs(wire.name) if self._x_first else wire

    def described(self, feature_type: FeatureType) -> PublishedType:
        """Return a type with its schema."""
        schema = self.tables.schema(feature_type)
        name = type_name(feature_type)
        return PublishedType(feature_type, name, self._wire(schema.srs), _storage(schema.srs), schema)

    def named(self, parameters: Parameters) -> Tuple[PublishedType, ...]:
        """Return the types that `typeNames` (or `typeName`) lists, none when it is absent."""
        text = parameters.first("typeNames", "typeName")
        prefixes = self._prefixes(parameters)
        return tuple(self._one(name, prefixes) for group in wire_list(text) for name in group)

    def one(self, parameters: Parameters) -> PublishedType:
        """Return the only type that a query names."""
        found = self.named(parameters)
        if not found:
            text = parameters.first("typeNames", "typeName")
            cure = tr("The names are listed in the capabilities, each with its prefix.")
            raise invalid("typeNames", text, cure=cure) if text else missing("typeNames")
        if len(found) > 1:
            raise OwsError(
                "OptionNotSupported",
                "typeNames",
                tr("This service makes no joins: a query is about one feature type."),
                tr("The query names {count}.", count=len(found)),
                tr("Send a query for each of them, as in “typeNames=(a)(b)”."),
            )
        return found[0]

    def known(self, name: str) -> Optional[PublishedType]:
        """Return the type of this name with its prefix; None where there is none."""
        found = self._types.get(name)
        return None if found is None else self.described(found)

    def with_feature(self, prefix: str) -> PublishedType:
        """Return the type whose feature identifiers begin so; raise KeyError where there is none."""
        return self.described({type_name(one).feature_prefix: one for one in self._types.values()}[prefix])

    def knows_features(self, prefix: str) -> bool:
        """Return whether the feature identifiers of a type begin so."""
        return any(type_name(one).feature_prefix == prefix for one in self._types.values())

    def _prefixes(self, parameters: Parameters) -> Dict[str, str]:
        """Return the layer name for each prefix that the request declares (09-025r2 §7.6.6)."""
        layers = {type_name(one).namespace(self.base): type_name(one).prefix for one in self._types.values()}
        declared = _DECLARATION.findall(parameters.first("namespaces", "namespace"))
        return {prefix.strip(): layers[uri.strip()] for prefix, uri in declared if uri.strip() in layers}

    def _one(self, name: str, prefixes: Dict[str, str]) -> PublishedType:
        element = _SCHEMA_ELEMENT.fullmatch(name)
        prefix, colon, local = (element.group(1) if element else name).partition(":")
        if not colon:
            local = prefix
            candidates = self._unprefixed(local, prefixes.get("", ""))
        else:
            wanted = TypeName(prefixes.get(prefix, prefix), local).text
            candidates = [one for key, one in self._types.items() if wanted in (key, one.name)]
        if len(candidates) != 1:
            raise invalid(
                "typeNames",
                name,
                tr("No feature type of this name is published here.")
                if not candidates
                else tr("Several feature types have this name, under different prefixes."),
                tr("The names are listed in the capabilities, each with its prefix."),
            )
        return self.described(candidates[0])

    def _unprefixed(self, local: str, layer: str) -> Sequence[FeatureType]:
        return [
            one for one in self._types.values()
            if type_name(one).local == local and layer in ("", type_name(one).prefix)
        ]  # fmt: skip
