"""How long an answer holds: while nothing is said of it, no longer than until somebody asks again."""

from __future__ import annotations

from flask import Flask, Response


def keep_nothing_unsaid(app: Flask) -> None:
    """Let nobody keep an answer that does not say how long it holds: each publication may change it.

    QGIS (`PreferCache` of Qt) takes capabilities that it has kept without asking whether they still hold, also where
    they say `no-cache`: layers that were published since did not open.
    """

    @app.after_request
    def say(response: Response) -> Response:
        said = response.cache_control
        if not (said.no_cache or said.no_store or said.max_age is not None):
            if response.headers.get("ETag") or response.headers.get("Last-Modified"):
                said.no_cache = True  # whoever keeps it can ask whether it still holds
            else:
                said.no_store = True
        return response
