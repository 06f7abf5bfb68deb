"""What ``/openapi.json`` says beyond the paths: bodies, answers, and examples that are true."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from evidence_ledger_server import examples

Described = dict[str, Any]
Answers = dict[int | str, dict[str, Any]]

PROBLEM: Described = {
    "type": "object",
    "properties": {
        name: {"type": "string"} for name in ("type", "title", "detail", "code", "instance")
    }
    | {"status": {"type": "integer"}, "hint": {"type": ["string", "null"]}},
}


def _json(schema: Described, example: object) -> Described:
    return {"application/json": {"schema": schema, "example": example}}


PROBLEMS = {
    400: "Malformed",
    401: "Nobody knows who asks",
    403: "Not allowed",
    404: "Not there",
    408: "Too slow",
    409: "Not yet",
    410: "Erased",
    413: "Too large",
    415: "Of a kind that is not taken",
    422: "Refused",
    429: "Asked too often",
    500: "A mistake of the server",
    503: "Busy",
    507: "No space left",
}
ANY = (429, 500, 503)
"""What every request may meet."""


def _answers(status: int, says: str, example: object, *problems: int) -> Answers:
    return _told(status, says, _json({"type": "object"}, example), *problems)


def _told(status: int, says: str, content: Described, *problems: int) -> Answers:
    told: Answers = {status: {"description": says, "content": content}}
    for one in sorted({*problems, *ANY}):
        problem = {"application/problem+json": {"schema": PROBLEM}}
        told[one] = {"description": PROBLEMS[one], "content": problem}
    return told


def methods_at(document: Described, path: str) -> list[str]:
    """The methods that are described for what is at an address, in capitals."""
    for template, operations in document["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path):
            return sorted(name.upper() for name in operations)
    return []


def described(api: FastAPI) -> Described:
    """The document, without the framework's own problem, which is never sent."""
    document = get_openapi(title=api.title, version=api.version, routes=api.routes)
    for path in document["paths"].values():
        for operation in path.values():
            if "HTTPValidationError" in str(operation["responses"].get("422")):
                del operation["responses"]["422"]
    document["components"] = {"securitySchemes": WAYS}
    return document


WAYS: Described = {
    "token": {"type": "http", "scheme": "bearer", "description": "A token of this server."},
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "Signature",
        "description": "RFC 9421, with Signature-Input and Evidence-Certificate: docs/access.md.",
    },
}
"""How a request says who asks."""
KNOWN: Described = {"security": [{"token": []}, {"signature": []}]}
KNOWN_OR_NOT: Described = {"security": [{}, {"token": []}, {"signature": []}]}


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
DEPOSITED = _answers(201, "Durable", examples.DEPOSITED, 400, 403, 408, 409, 413, 422, 507)
DEPOSITED[200] = {
    "description": "Nothing new: the same bytes were there already, or none of a batch stands",
    "content": _json({"type": "object"}, examples.DEPOSITED),
}
ENTRY = _answers(200, "The entry", examples.ENTRY, 400, 404)
_ASICE = {"application/vnd.etsi.asic-e+zip": {"schema": {"type": "string", "format": "binary"}}}
CERTIFICATE = _told(200, "The certificate", _ASICE, 400, 401, 403, 404, 408, 409, 410, 413)
CLAIMS = _answers(200, "The claims", examples.CLAIMS, 400, 401, 403, 404, 408, 410, 413)
_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
FILE: Described = {
    "security": [{"signature": []}],
    "requestBody": {"required": True, "content": _BYTES},
}
UPLOADED = _answers(
    201,
    "Kept",
    {"index": 0, "file": 0, "sha256": "6416…", "size": 9},
    400,
    401,
    403,
    404,
    408,
    410,
    413,
    422,
    507,
)
KEPT = _told(200, "The file", _BYTES, 400, 401, 403, 404, 408, 410, 413)
REGISTER = _answers(200, "The register", examples.REGISTER, 400, 401, 403, 408, 413)
FOUND = _answers(200, "The entries", examples.FOUND, 400, 404)
SIGNERS = _answers(200, "The tags", examples.SIGNERS, 400)
FROM: Described = {
    "parameters": [
        {
            "name": "from",
            "in": "query",
            "required": False,
            "schema": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
        }
    ]
}
LEDGER = _answers(200, "The ledger", examples.LEDGER)
HEALTH = _answers(200, "It works", {"status": "ok", "checks": {"database": "ok"}, "warnings": []})
HEALTH[503] = {"description": "It does not", "content": _json({"type": "object"}, {})}
POLICY = _told(200, "The trust policy", {"application/toml": {"schema": {"type": "string"}}})
_FILE: Described = {"type": "string", "format": "binary"}
VERIFY: Described = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "policy": _FILE | {"description": "In place of this server's."},
                        "vkey": {
                            "type": "array",
                            "items": {"type": "string"},
                            "description": "Verifier keys, for evidence against an operator.",
                        },
                        "certificate": _FILE | {"description": "The file that is judged."},
                        "file": {
                            "type": "array",
                            "items": _FILE,
                            "description": "What lies beside a certificate: its files; beside a "
                            "completeness certificate, the certificates of its entries.",
                        },
                        "digest": {"type": "array", "items": {"type": "string"}},
                    },
                }
            },
            "application/vnd.etsi.asic-e+zip": {"schema": _FILE},
            "application/octet-stream": {"schema": _FILE},
        },
    }
}
_VERDICT: Described = {"enum": ["PASSED", "INDETERMINATE", "FAILED"]}
_STEP: Described = {
    "type": "object",
    "required": ["number", "name", "verdict", "reason", "says", "hint", "clause"],
    "properties": {name: {"type": "string"} for name in ("number", "name", "says", "clause")}
    | {name: {"type": ["string", "null"]} for name in ("reason", "hint")}
    | {"verdict": _VERDICT},
}
_REPORT: Described = {
    "type": "object",
    "required": ["subject", "verdict", "steps", "facts"],
    "properties": {
        "subject": {
            "enum": ["certificate", "completeness certificate", "misbehaviour", "fingerprints"]
        },
        "verdict": _VERDICT,
        "steps": {"type": "array", "items": _STEP},
        "facts": {"type": "object"},
    },
}
_REPORTS: Described = {
    "digest": {"summary": "Of a digest alone", "value": examples.REPORT},
    "certificate": {"summary": "Of a certificate", "value": examples.CERTIFIED},
    "completeness": {"summary": "Of a completeness certificate", "value": examples.COMPLETE},
    "misbehaviour": {
        "summary": "Of evidence that an operator signed two histories",
        "value": examples.ACCUSED,
    },
}
REPORT = _told(
    200,
    "The report",
    {"application/json": {"schema": _REPORT, "examples": _REPORTS}},
    *(400, 408, 413, 415),
)
