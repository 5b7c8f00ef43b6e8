"""Taking things back: a service, or a whole datasheet; what would go is known, and shown, before."""

from __future__ import annotations

from contextlib import suppress
from typing import List, Tuple

from ..backend.errors import Conflict, NotFound
from .attempt import remove_upload, stop
from .client import Store
from .client.datasheets import Datasheet, Service
from .client.deletions import Doomed
from .client.listed_styles import styles_listed
from .service_definitions import every_style, style_annexes


def consequences_of_service(store: Store, service: Service) -> Tuple[Doomed, ...]:
    """Return what unpublishing a service takes away: it, its definition, its styles; the data stay."""
    found = [Doomed("offering", service.offering, service.layer_name)] if service.offering else []
    found.append(Doomed("configuration", service.configuration, service.layer_name))
    configuration = store.configurations.get(service.configuration)
    styles = every_style(configuration)
    names = {static.id: static.name for static in store.statics.list()} if styles else {}
    found += [Doomed("static", one, names.get(one, one)) for one in styles]
    listed = styles_listed(configuration.extra, configuration.layer_name, statics=False)
    annexes = {one: style.name for style in listed for part in style.parts for one in (part.id, *part.beside)}
    return (*found, *(Doomed("annexe", one, annexes[one]) for one in style_annexes(configuration)))


def unpublish(store: Store, service: Service) -> None:
    """Take a service off with its definition and the styles that nothing else uses; the data stay."""
    configuration = store.configurations.get(service.configuration)
    if service.offering:
        store.offerings.delete(service.offering)
    with suppress(NotFound):
        store.configurations.delete(service.configuration)
    for style in every_style(configuration):
        with suppress(Conflict, NotFound):  # another service draws with it
            store.statics.delete(style)
    for annexe in style_annexes(configuration):
        with suppress(NotFound):
            store.annexes.delete(annexe)


def consequences_of_datasheet(store: Store, sheet: Datasheet) -> Tuple[Doomed, ...]:
    """Return what deleting a datasheet takes away; where the store cannot tell, it is put together from its parts."""
    try:
        return store.datasheets.consequences(sheet.name)
    except NotFound:
        found: List[Doomed] = []
        for service in sheet.services:
            found += consequences_of_service(store, service)
        found += [Doomed("stored_data", one, store.stored_data.get(one).name) for one in sheet.stored_data]
        found += [Doomed("upload", one, store.uploads.get(one).name) for one in sheet.uploads]
        return tuple(found)


def delete_datasheet(store: Store, sheet: Datasheet) -> None:
    """Delete a datasheet with everything that belongs to it; where the store cannot, its parts, the top first."""
    with suppress(NotFound):
        store.datasheets.delete(sheet.name)
        return
    for service in sheet.services:
        unpublish(store, service)
    for identifier in sheet.stored_data:
        with suppress(NotFound):
            for execution in store.executions.list(output_stored_data=identifier):
                if not execution.ended:
                    stop(store, execution.id)
            store.stored_data.delete(identifier)
    for identifier in sheet.uploads:
        with suppress(NotFound):
            remove_upload(store, identifier)
