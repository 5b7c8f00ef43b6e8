"""What pages of other sites may read (CORS): what services show, with nothing that a browser knows of its user."""

from __future__ import annotations

from flask import Blueprint, Response, request


def let_pages_read(routes: Blueprint, *exposed: str) -> None:
    """Let pages of any site read the answers of a service, besides the plain headers those named in `exposed`.

    They may send a key or a body in XML; cookies and logins that a browser keeps are not let in with `*`.
    """

    @routes.after_request
    def allow(response: Response) -> Response:
        response.headers["Access-Control-Allow-Origin"] = "*"
        if exposed:
            response.headers["Access-Control-Expose-Headers"] = ", ".join(exposed)
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Headers"] = "Authorization, apikey, Content-Type"
        return response
