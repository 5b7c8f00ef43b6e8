"""From a sample of tiles to the full pyramid, behind the same address."""

from __future__ import annotations

import time
from threading import Event
from typing import List, Optional

from ..backend.errors import Cancelled, JobFailed, NotFound
from ..backend.translation import tr
from .client import Store
from .client.configurations import TMS
from .client.executions import Execution
from .publication_values import LiveUrl
from .steps import Listener, Quiet, Step


def completed(
    store: Store, layer_name: str, listener: Optional[Listener] = None, leaving: Optional[Event] = None
) -> List[LiveUrl]:
    """Turn the sample that a tile layer shows into the full pyramid; return the layer's addresses, which stay.

    Until all tiles are made the sample is shown; when the making fails or is cancelled, it stays. Once `leaving` is
    set, cancelling only ends the wait: the store goes on by itself.

    Raises:
        NotFound: there is no such tile layer.
        Conflict: what it shows is no sample.
        JobFailed: the tiles could not be made.
    """
    told: Listener = listener or Quiet()
    found = [one for one in store.configurations.list(layer_name=layer_name) if one.type == TMS]
    if not found:
        raise NotFound(
            tr("There is no tile layer “{name}”.", name=layer_name),
            cure=tr("See `geopub status` for what is published."),
        )
    (pyramid,) = store.configurations.get(found[0].id).stored_data
    told.begun(Step.PYRAMID)
    begun = time.monotonic()
    execution = store.stored_data.complete(pyramid)
    _ended(store, execution, told, leaving or Event())
    told.ended(Step.PYRAMID, time.monotonic() - begun)
    offered = store.offerings.list(configuration=found[0].id)
    return [LiveUrl("tms", url.type, url.url) for one in offered for url in store.offerings.get(one.id).urls]


def _ended(store: Store, execution: str, told: Listener, leaving: Event) -> None:
    """Wait for the tiles; the wait that is cancelled takes the execution with it."""

    def seen(state: Execution) -> None:
        told.moved(Step.PYRAMID, state.progress.done, state.progress.total, state.progress.unit)

    try:
        ended = store.executions.ended(execution, seen)
    except Cancelled:
        if not leaving.is_set():
            store.sparing_cancel().executions.abort(execution)
        raise
    if ended.status != "SUCCESS":
        lines = [line for line in store.executions.logs(execution) if "ERROR" in line]
        raise JobFailed(
            tr("The step “{step}” failed.", step=Step.PYRAMID.title),
            " ".join(line.partition("ERROR")[2].strip() for line in lines[:3]) or tr("The server does not say why."),
        )
