"""Every answer that a test gets is held against the OpenAPI document: its status, its content type, its schema."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Optional

import jsonschema_rs
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from geopub_plugin.backend.api.openapi import PREFIX, document

_KEPT: Dict[str, Any] = {}
_ARGUMENT = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


def document_of(app: Flask) -> Dict[str, Any]:
    """Return the document of an application, made once."""
    if "tests-openapi" not in app.extensions:
        app.extensions["tests-openapi"] = document(app)
    return app.extensions["tests-openapi"]


def declared(app: Flask, method: str, path: str) -> Optional[Dict[str, Any]]:
    """Return the operation that answers a request, None when no route does."""
    if not path.startswith(PREFIX):
        return None
    try:
        rule, _ = app.url_map.bind("localhost").match(path, method, return_rule=True)
    except HTTPException:
        return None
    described = document_of(app)["paths"].get(_ARGUMENT.sub(r"{\1}", rule.rule), {})
    return described.get(method.lower())


def require_declared(app: Flask, method: str, answer: TestResponse) -> None:
    """Fail for an answer of the API that its document does not know."""
    operation = declared(app, method, answer.request.path)
    if operation is None:
        return
    where = f"{method} {answer.request.path} answers {answer.status_code}"
    responses = operation["responses"]
    assert str(answer.status_code) in responses, f"{where}, which is not declared: {answer.text[:300]}"
    content = responses[str(answer.status_code)].get("content", {})
    if not content:
        assert not answer.data, f"{where} with a body that is not declared"
        return
    assert answer.mimetype in content or "*/*" in content, f"{where} as {answer.content_type}"
    if answer.mimetype == "application/json" and content.get("application/json", {}).get("schema"):
        error = next(_validator(app, content["application/json"]["schema"]).iter_errors(answer.get_json()), None)
        assert error is None, f"{where}: {error}"


def _validator(app: Flask, schema: Dict[str, Any]) -> Any:
    """Return the validator of a schema, compiled once: the documents of all applications are the same."""
    key = json.dumps(schema, sort_keys=True)
    if key not in _KEPT:
        whole = {"components": document_of(app)["components"], **schema}
        _KEPT[key] = jsonschema_rs.Draft202012Validator(whole)
    return _KEPT[key]
