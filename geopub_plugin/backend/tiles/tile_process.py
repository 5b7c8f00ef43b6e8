"""The process that builds single tiles: reads orders on stdin, one a line of JSON, and answers on stdout in turn.

An order is {"job": {…}, "tile": [z, x, y]} or {"job": {…}}, which asks what the pyramid says of itself, or {"look":
path}: a pyramid of this GeoPackage may come next. The answer is a line of JSON, {"size": n} followed by n bytes,
{"none": true}, {"told": {…}} or {"error": {…}}.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO, Dict, Optional

from ..allocator import keep_freed_memory
from ..errors import GeoPubError, JobFailed
from ..jobs.messages import encode, error_as_json
from ..jobs.pipes import own_stdout
from ..translation import tr
from .on_demand import Places, TileSource
from .pyramid_job import plan_of

_PLANS = 3  # that are kept ready


class Plans:
    """The plans that were asked for last, ready to build tiles."""

    def __init__(self) -> None:
        self._ready: OrderedDict[str, TileSource] = OrderedDict()
        self._places: Optional[Places] = None

    def source(self, job: Dict[str, Any]) -> TileSource:
        """Return the source of the tiles of a job."""
        key = json.dumps(job, sort_keys=True)
        found = self._ready.pop(key, None)
        if found is None:
            found, self._places = TileSource(plan_of(job), places=self._places), None
        self._ready[key] = found
        while len(self._ready) > _PLANS:
            self._ready.popitem(last=False)
        return found

    def look(self, data: Path) -> None:
        """Look at a GeoPackage of which the next plan may be."""
        self._places = Places(data)


def main() -> int:
    """Answer orders until stdin ends, which ends the process at once, whatever it builds."""
    pipe = own_stdout()
    keep_freed_memory()
    orders: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(orders,), name="orders", daemon=True).start()
    plans = Plans()
    while True:
        _answer(pipe, plans, json.loads(orders.get()))


def _listen(orders: queue.SimpleQueue[bytes]) -> None:
    for line in iter(sys.stdin.buffer.readline, b""):
        orders.put(line)
    os._exit(0)


def _answer(pipe: BinaryIO, plans: Plans, order: Dict[str, Any]) -> None:
    body: Optional[bytes] = None
    try:
        source = plans.source(order["job"]) if "job" in order else None
        if source is None:
            plans.look(Path(order["look"]))
            header: Dict[str, Any] = {"none": True}
        elif "tile" in order:
            body = source.tile(*order["tile"])
            header = {"none": True} if body is None else {"size": len(body)}
        else:
            header = {"told": {"bounds": list(source.bounds), "vector_layers": source.vector_layers}}
    except GeoPubError as error:
        header = {"error": error_as_json(error)}
    except MemoryError:
        header = {"error": error_as_json(JobFailed(tr("There is not enough memory to build a tile.")))}
    pipe.write(encode(header) + (body or b""))
    pipe.flush()


if __name__ == "__main__":
    sys.exit(main())
