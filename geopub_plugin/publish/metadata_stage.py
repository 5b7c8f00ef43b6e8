"""The last stage of a publication: the record of its datasheet, published, and linked to the services."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import List, Mapping, Optional, Tuple
from urllib.parse import urlencode

from ..backend.errors import Conflict, NotFound
from ..backend.faults import Fault, Severity
from ..backend.translation import tr
from .attempt import Attempt
from .client.configurations import TMS, WFS, WMS, Configuration
from .client.datastores import Datastore, Endpoint
from .client.records import Record
from .client.stored_data import StoredData
from .metadata.description import Description, own_identifier
from .metadata.iso_document import Online, iso_document
from .steps import Step

ENDPOINT = "METADATA"  # type of the endpoint where records are published
_GMD = "http://www.isotc211.org/2005/gmd"
_PROTOCOLS = {WFS: "OGC:WFS", WMS: "OGC:WMS", TMS: "TMS"}
_URL_TYPES = {WFS: "WFS", WMS: "WMS", TMS: "TMS"}


class MetadataStage:
    """Keeps the record of a publication, where one is asked for."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt

    def kept(self, data: StoredData, existing: Mapping[str, Configuration]) -> None:
        """Make or bring up to date the record of the datasheet, publish it, and link the services to it."""
        description = self._attempt.request.description
        if description is None:
            return
        with self._attempt.timed(Step.METADATA):
            datastore = self._attempt.store.describe()
            known = self._attempt.store.records.of_datasheet(self._attempt.request.datasheet)
            if not description.identifier:
                own = own_identifier(self._attempt.request.layer_name, datastore.identifier_prefix)
                description = replace(description, identifier=known.identifier if known else own)
            record = self._stored(known, description, self._document(description, data, existing))
            endpoint = _endpoint(datastore, record)
            if endpoint is None:
                self._attempt.faults.append(_unpublished())
            else:
                self._attempt.store.records.publish([record.identifier], endpoint.id)
                self._link(existing, record_address(endpoint, record.identifier), record.identifier)

    def _document(self, description: Description, data: StoredData, existing: Mapping[str, Configuration]) -> bytes:
        request = self._attempt.request
        today = date.today().isoformat()
        return iso_document(request.title, description, today, data.srs, data.bounds, self._online(existing))

    def _online(self, existing: Mapping[str, Configuration]) -> Tuple[Online, ...]:
        """Return the addresses of the live services, one for each."""
        found: List[Online] = []
        for kind, configuration in existing.items():
            for offering in self._attempt.store.offerings.list(configuration=configuration.id):
                live = self._attempt.store.offerings.get(offering.id)
                url = next((one.url for one in live.urls if one.type == _URL_TYPES.get(kind)), "")
                if url and live.status in ("PUBLISHED", "MODIFYING"):
                    about = (_PROTOCOLS[kind], configuration.layer_name, configuration.name)
                    found.append(Online(url, *about, offering=live.id, open=live.open))
        return tuple(found)

    def _stored(self, known: Optional[Record], description: Description, document: bytes) -> Record:
        """Keep the document: in the record that the datasheet has, or in a new one where its identifier is another."""
        records, datasheet = self._attempt.store.records, self._attempt.request.datasheet
        if known is not None and known.identifier == description.identifier:
            return records.replace(known.id, document)
        made = records.create(document, datasheet)
        self._attempt.undo.append(lambda store: store.records.delete(made.id))
        if known is not None:
            with suppress(Conflict, NotFound):
                for endpoint in known.endpoints:
                    records.unpublish([known.identifier], endpoint)
                records.delete(known.id)
        return made

    def _link(self, existing: Mapping[str, Configuration], address: str, identifier: str) -> None:
        """Let each service tell where its record is; some stores do so by themselves."""
        store = self._attempt.store
        link = {"format": "application/xml", "url": address, "type": "ISO19115:2003"}
        for kind, known in existing.items():
            now = store.configurations.get(known.id)
            if any(identifier in one.get("url", "") for one in now.metadata):
                continue
            links = (*(one for one in now.metadata if one.get("type") != link["type"]), link)
            store.configurations.replace(now.id, kind, now.name, now.type_infos, now.attribution, links)
            for offering in store.offerings.list(configuration=now.id):
                store.offerings.synchronise(offering.id)
                store.offerings.published(offering.id)


def record_address(endpoint: Endpoint, identifier: str) -> str:
    """Return the address of a record on an endpoint, in the form that the platform's clients write."""
    own = next((url.url for url in endpoint.urls if url.type == ENDPOINT), "")
    base = own or (endpoint.urls[0].url if endpoint.urls else "")
    query = {
        "REQUEST": "GetRecordById",
        "SERVICE": "CSW",
        "VERSION": "2.0.2",
        "OUTPUTSCHEMA": _GMD,
        "elementSetName": "full",
        "ID": identifier,
    }
    return f"{base}?{urlencode(query)}"


def _endpoint(datastore: Datastore, record: Record) -> Optional[Endpoint]:
    """Return where a record is published already, else an endpoint that has room for it."""
    there = [one for one in datastore.endpoints if one.id in record.endpoints]
    return there[0] if there else datastore.endpoint(ENDPOINT)


def _unpublished() -> Fault:
    return Fault(
        "metadata.no-endpoint",
        Severity.WARNING,
        tr("The metadata record is stored, but not in the catalogue."),
        tr("The server has no room for one more record."),
        tr("Ask the administrator for a larger quota, then publish again."),
    )
