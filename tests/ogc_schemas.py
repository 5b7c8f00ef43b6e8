"""Validation against the schemas of OGC, ISO and W3C, read from the test cache and never from the network."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, List, Tuple

from lxml import etree

_PLACES = (
    ("schemas.opengis.net/", "ogc/"),
    ("www.isotc211.org/2005/", "ogc/iso/19139/20070417/"),
    ("www.w3.org/1999/xlink.xsd", "w3c/1999/xlink.xsd"),
    ("www.w3.org/XML/2008/06/xlink.xsd", "w3c/1999/xlink.xsd"),
    ("www.w3.org/2001/", "w3c/2001/"),
)
_GIVEN = "http://given.invalid/schema.xsd"


class _Cached(etree.Resolver):
    """Finds a schema's address in the cache; the schema keeps its address, so that it is loaded only once."""

    def __init__(self, folder: Path, given: bytes) -> None:
        super().__init__()
        self.folder, self.given = folder, given

    def resolve(self, url: str, _public: str, context: Any) -> Any:
        if not url.startswith("http"):
            return None
        if url == _GIVEN:
            return self.resolve_string(self.given, context, base_url=url)
        address = url.split("://", 1)[1]
        if address.endswith("xlink/1.0.0/xlinks.xsd"):  # the archive leaves OGC's own copy of it out
            address = "www.w3.org/1999/xlink.xsd"
        for start, place in _PLACES:
            if address.startswith(start):
                found = self.folder / (place + address[len(start) :])
                return self.resolve_string(found.read_bytes(), context, base_url=url)
        raise ValueError(f"{url} is not in the cache of schemas")


class OgcSchemas:
    """The schemas of a folder, compiled when they are first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._compiled = lru_cache(maxsize=None)(self._compile)

    def faults(self, document: bytes, *schemas: str, given: bytes = b"") -> List[str]:
        """Return what is wrong with a document for schemas named as under schemas.opengis.net, or by address.

        `given` is the text of one more schema.
        """
        schema = self._compiled(schemas, given)
        schema.validate(etree.fromstring(document))
        return [f"line {error.line}: {error.message}" for error in schema.error_log]

    def _compile(self, schemas: Tuple[str, ...], given: bytes) -> Any:
        parser = etree.XMLParser(no_network=True)
        parser.resolvers.add(_Cached(self.folder, given))
        return etree.XMLSchema(etree.fromstring(self._together(schemas, given), parser))

    def _together(self, schemas: Tuple[str, ...], given: bytes) -> bytes:
        places = [(self._namespace(one), self._address(one)) for one in schemas]
        if given:
            places.append((etree.fromstring(given).get("targetNamespace"), _GIVEN))
        imports = "".join(f'<xs:import namespace="{name}" schemaLocation="{place}"/>' for name, place in places)
        return f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>'.encode()

    @staticmethod
    def _address(schema: str) -> str:
        return schema if "://" in schema else f"http://schemas.opengis.net/{schema}"

    def _namespace(self, schema: str) -> str:
        address = self._address(schema).split("://", 1)[1]
        place = next(place + address[len(start) :] for start, place in _PLACES if address.startswith(start))
        return etree.parse(str(self.folder / place)).getroot().get("targetNamespace")
