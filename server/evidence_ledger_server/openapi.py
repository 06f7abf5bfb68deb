"""What ``/openapi.json`` says beyond the paths: bodies, answers, and examples that are true."""

from __future__ import annotations

from typing import Any

from evidence_ledger_server import examples

Described = dict[str, Any]
Answers = dict[int | str, dict[str, Any]]

PROBLEM: Described = {
    "type": "object",
    "properties": {
        name: {"type": "string"} for name in ("type", "title", "detail", "code", "hint", "instance")
    }
    | {"status": {"type": "integer"}},
}


def _json(schema: Described, example: object) -> Described:
    return {"application/json": {"schema": schema, "example": example}}


def _answers(status: int, says: str, example: object, *problems: int) -> Answers:
    kinds = {400: "Malformed", 404: "Not there", 409: "Not yet", 413: "Too large"}
    kinds |= {401: "Nobody knows who asks", 403: "Not allowed", 410: "Erased"}
    kinds |= {422: "Refused", 429: "Asked too often", 503: "Busy", 507: "No space left"}
    told: Answers = {status: {"description": says, "content": _json({"type": "object"}, example)}}
    for one in problems:
        content = {"application/problem+json": {"schema": PROBLEM}}
        told[one] = {"description": kinds[one], "content": content}
    return told


_ONE: Described = {
    "type": "object",
    "required": ["statement", "signature"],
    "additionalProperties": False,
    "properties": {
        "statement": {"type": "string"},
        "signature": {"type": "string", "format": "byte"},
        "claims": {"type": "array", "items": {"type": "string"}},
    },
}
_MANY: Described = {
    "type": "object",
    "required": ["deposits"],
    "additionalProperties": False,
    "properties": {"deposits": {"type": "array", "minItems": 1, "maxItems": 1000, "items": _ONE}},
}
DEPOSIT: Described = {
    "parameters": [
        {"name": "wait", "in": "query", "required": False, "schema": {"enum": ["seal"]}}
    ],
    "requestBody": {
        "required": True,
        "content": _json({"oneOf": [_ONE, _MANY]}, examples.DEPOSIT),
    },
}
DEPOSITED = _answers(201, "Durable", examples.DEPOSITED, 400, 403, 413, 422, 429, 503, 507)
ENTRY = _answers(200, "The entry", examples.ENTRY, 404, 429)
FOUND = _answers(200, "The entries", examples.FOUND, 400, 404, 429)
CLAIMS = _answers(200, "The claims", examples.CLAIMS, 400, 401, 403, 404, 410, 413, 429)
REGISTER = _answers(200, "The register", examples.REGISTER, 401, 403, 429)
LEDGER = _answers(200, "The ledger", examples.LEDGER)
VERIFY: Described = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "policy": {"type": "string"},
                        "certificate": {"type": "string", "format": "binary"},
                        "file": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                        },
                        "digest": {"type": "array", "items": {"type": "string"}},
                    },
                }
            },
            "application/vnd.etsi.asic-e+zip": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
REPORT = _answers(200, "The report", examples.REPORT, 400, 413, 429, 503)
