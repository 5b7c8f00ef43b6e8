"""Preview links: to show an offering before it is public."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Callable

from flask import Blueprint, Response, request

from ..access.previews import LONGEST_HOURS, Previews
from ..catalogue import tables
from ..catalogue.configurations import configurations
from ..catalogue.offerings import offerings
from ..errors import InvalidInput
from ..services.doors import PREVIEW
from ..services.publications import Publications
from ..translation import tr
from .answers import answer
from .context import base_url, datastore_blueprint, space, store
from .fields import Body, anything
from .landing import services_page
from .offerings import URLS, urls
from .operation import makes, operation
from .schema import ADDRESS, MOMENT, shape

DEFAULT_HOURS = 24

PREVIEW_LINK = shape({"url": ADDRESS, "urls": URLS, "expires": MOMENT}, "PreviewLink")
NEW = Body(hours=anything({"type": "integer", "minimum": 1, "maximum": LONGEST_HOURS}, "How long it is good."))


def previews_blueprint(previews: Previews) -> Blueprint:
    """Return the route that makes links."""
    blueprint = datastore_blueprint("previews")

    @blueprint.post("/offerings/<entity>/previews")
    @operation(makes(PREVIEW_LINK), body=NEW, body_required=False)
    def create(entity: str) -> Response:
        """Make a link that shows an offering to whoever has it, for some hours."""
        ends = int(time.time()) + 3600 * _hours()
        with store().reading() as connection:
            offering = offerings.get(connection, entity, tables.offering.c.datastore == space().id)
            configuration = configurations.get(connection, offering.configuration)
        base = f"{base_url()}{PREVIEW}/{previews.ticket(offering.id, ends)}"
        expires = datetime.fromtimestamp(ends, timezone.utc).isoformat().replace("+00:00", "Z")
        link = {"url": f"{base}/", "urls": urls(configuration, offering, base), "expires": expires}
        response = answer(link, 201)
        response.headers["Cache-Control"] = "no-store"
        return response

    return blueprint


def page_blueprint(publications: Publications, base: Callable[[], str]) -> Blueprint:
    """Return the page that a preview link leads to."""
    blueprint = Blueprint("page", __name__)

    @blueprint.get("/")
    def page() -> Response:
        """Show what the link is for."""
        return services_page(publications, base())

    return blueprint


def _hours() -> int:
    given = NEW.read().get("hours", DEFAULT_HOURS) if request.content_length else DEFAULT_HOURS
    if not isinstance(given, int) or isinstance(given, bool) or not 1 <= given <= LONGEST_HOURS:
        raise InvalidInput(
            tr("A preview link cannot be good for so long."),
            cure=tr("Give a whole number of hours from 1 to {most}.", most=LONGEST_HOURS),
        )
    return given
