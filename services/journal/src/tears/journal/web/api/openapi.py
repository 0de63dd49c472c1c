"""Describe the API as an OpenAPI document, which is made from the types of its calls. No I/O."""

import re
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from tears.journal.access.role import Role
from tears.journal.web.api.api_call import API_ROOT, JSON_TYPE, ApiCall, ApiFault, NoFields

_PATH_PLACE = re.compile(r"\{(\w+)\}")
_SCHEMAS = "#/components/schemas/{name}"
_FORM_TYPE = "application/x-www-form-urlencoded"
# What a generator of code takes for bytes.
_FILE = MappingProxyType({"type": "string", "format": "binary"})
_WHO = MappingProxyType(
    {Role.PARENT: "For parents.", Role.GUEST: "For parents and guests.", Role.NOBODY: "For everybody."}
)


class OtherPath(NamedTuple):
    """A path of the API that has a route of its own, because it sends a file or takes a form.

    Attributes:
        gives: the type of the JSON that it sends; None if it sends a file.
        query: the type of what it takes behind the `?`; `form` likewise of its form.
        role: who may ask for it.
    """

    path: str
    summary: str
    media_type: str
    method: str = "get"
    gives: Any = None
    query: type[msgspec.Struct] = NoFields
    form: type[msgspec.Struct] = NoFields
    role: Role = Role.GUEST


def describe_api(calls: Sequence[ApiCall[Any, Any]], others: Sequence[OtherPath], version: str) -> dict[str, Any]:
    """Return the document, as it becomes JSON."""
    types = [ApiFault, *(one for call in calls for one in (call.query, call.takes, call.gives) if _is_said(one))]
    types += [one for other in others for one in (other.query, other.form, other.gives) if _is_said(one)]
    schemas, components = msgspec.json.schema_components(types, ref_template=_SCHEMAS)
    schema_of = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for call in calls:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call, schema_of, components)
    for other in others:
        paths.setdefault(other.path, {})[other.method] = _other_operation(other, schema_of, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tears: the journal", "version": version},
        "servers": [{"url": API_ROOT}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(call: ApiCall[Any, Any], schema_of: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": call.summary,
        "description": _WHO[call.role],
        "operationId": _operation_id(call.method, call.path),
        "parameters": [*_places(call.path), *_query(call.query, components)],
        "responses": {**_success(call, schema_of), **_faults(schema_of)},
    }
    if call.takes is not NoFields:
        described["requestBody"] = {"required": True, "content": {JSON_TYPE: {"schema": schema_of[repr(call.takes)]}}}
    return described


def _other_operation(other: OtherPath, schema_of: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    content = {other.media_type: {"schema": schema_of[repr(other.gives)] if _is_said(other.gives) else dict(_FILE)}}
    described: dict[str, Any] = {
        "summary": other.summary,
        "description": _WHO[other.role],
        "operationId": _operation_id(other.method, other.path),
        "parameters": [*_places(other.path), *_query(other.query, components)],
        "responses": {"200": {"description": "As asked.", "content": content}, **_faults(schema_of)},
    }
    if other.form is not NoFields:
        described["requestBody"] = {"content": {_FORM_TYPE: {"schema": schema_of[repr(other.form)]}}}
    return described


def _operation_id(method: str, path: str) -> str:
    return method.lower() + re.sub(r"\W", "_", _PATH_PLACE.sub(r"\1", path))


def _success(call: ApiCall[Any, Any], schema_of: dict[str, Any]) -> dict[str, Any]:
    if call.gives is None:
        return {"204": {"description": "It is done."}}
    content = {JSON_TYPE: {"schema": schema_of[repr(call.gives)]}}
    return {"200": {"description": "As asked.", "content": content}}


def _faults(schema_of: dict[str, Any]) -> dict[str, Any]:
    content = {JSON_TYPE: {"schema": schema_of[repr(ApiFault)]}}
    return {"default": {"description": "It is not done; the text says why.", "content": content}}


def _places(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PATH_PLACE.findall(path)
    ]


def _query(query: type[Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    if query is NoFields:
        return []
    schema = components[query.__name__]
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in schema["properties"].items()
    ]


def _is_said(one: Any) -> bool:
    return one is not None and one is not NoFields
