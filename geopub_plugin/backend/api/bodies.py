"""Bodies of requests: files stream to the disk of the data folder, and nothing is larger than its limit."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO, Any, Callable, Type

from flask import Request, request

from ..settings import Settings

JSON_BYTES = 16 << 20
MULTIPART_OVERHEAD = 1 << 20  # boundaries, headers and fields around a file


def streaming_request(folder: Path) -> Type[Request]:
    """Return a class of requests whose files go to temporary files in a folder, on the disk of the data."""

    class StreamingRequest(Request):
        def _get_file_stream(self, *_described: Any, **_more: Any) -> IO[bytes]:
            return tempfile.TemporaryFile(dir=folder)  # gone with the request, whatever happens

    return StreamingRequest


def size_guard(settings: Settings) -> Callable[[], None]:
    """Return a guard that limits each body by what it is."""
    multipart = {
        "uploads.post_data": settings.upload_bytes,
        "uploads.post_md5": settings.annexe_bytes,
        "statics": settings.annexe_bytes,
        "annexes": settings.annexe_bytes,
        "metadata": settings.annexe_bytes,
    }

    def guard() -> None:
        endpoint = request.endpoint or ""
        if endpoint == "uploads.put_data":
            limit = settings.chunk_bytes
        else:
            limit = multipart.get(endpoint) or multipart.get(endpoint.partition(".")[0], 0)
            limit = limit + MULTIPART_OVERHEAD if limit else JSON_BYTES
        request.max_content_length = limit

    return guard
