"""What a statement of kind ``administration`` does: its member ``administration``.

    {"act":"enrol","roles":["depositor"],"signer":"77ab…"}
    {"act":"enrol-issuer","certificate":"MIIB…","permitted":["mail:firm.example"],
     "revocation":"demanded","roles":["depositor"]}
    {"act":"roles","roles":["court"],"signer":"77ab…"}
    {"act":"exclude","signer":"77ab…"}              {"act":"revoke-issuer","issuer":"5f2c…"}
    {"act":"revoke","signer":"77ab…"}, which is not written any more
    {"act":"revocation-list","list":"MIIB…"}        {"act":"settings","closed":true}
    {"act":"rotate","proof":"MIIB…","signer":"5f2c…"}

``signer`` is the SHA-256 of an X.509 certificate, ``issuer`` that of a root. ``certificate``,
``list`` and ``proof`` are DER in base64url.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from evidence_ledger.core import canonical
from evidence_ledger.core.canonical import Json
from evidence_ledger.core.permitted_name import checked_permitted
from evidence_ledger.core.revocation_list import parse_list
from evidence_ledger.core.role import Role
from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger.errors import FormatError, NewerFormat, Undecided

LARGEST_CERTIFICATE: Final = 32 * 1024
LARGEST_LIST: Final = 160 * 1024
LARGEST_PROOF: Final = 64 * 1024
MOST_NAMES: Final = 64

_WHERE: Final = "statement.administration"
_REVOCATION: Final = {"demanded": True, "optional": False}


@dataclass(frozen=True, slots=True)
class Enrol:
    """Let one X.509 certificate hand in, with these roles."""

    signer: bytes
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class EnrolIssuer:
    """Let all hand in for whom a root vouches, with these roles.

    ``permitted``: with one or more, an X.509 certificate needs an alternative name within one of
    them, and none of such a kind beyond. ``demanded``: a revocation list or response must say that
    it is not revoked.
    """

    certificate: bytes
    roles: frozenset[Role]
    permitted: tuple[str, ...] = ()
    demanded: bool = False


@dataclass(frozen=True, slots=True)
class ChangeRoles:
    """Other roles for one who is enrolled."""

    signer: bytes
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Revoke:
    """Let an X.509 certificate hand in nothing more, whoever vouches for it.

    ``always``: in an open ledger too (the act ``exclude``). Else it is the act ``revoke``, of
    ledgers that took from everybody while they were open.
    """

    signer: bytes
    always: bool = True


@dataclass(frozen=True, slots=True)
class RevokeIssuer:
    """A root vouches for nobody any more."""

    issuer: bytes


@dataclass(frozen=True, slots=True)
class AddRevocationList:
    """A list of an issuer's, by which its X.509 certificates are judged from now on."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Settings:
    """``closed``: only those who are enrolled may hand in."""

    closed: bool


@dataclass(frozen=True, slots=True)
class Rotate:
    """The signer's next X.509 certificate, and ``proof`` by its key (see ``rotation``)."""

    signer: bytes
    proof: bytes


Act = (
    Enrol
    | EnrolIssuer
    | ChangeRoles
    | Revoke
    | RevokeIssuer
    | AddRevocationList
    | Settings
    | Rotate
)


def act_json(act: Act) -> dict[str, Json]:
    """The member of the statement."""
    match act:
        case Enrol(signer, roles):
            return {"act": "enrol", "roles": _names(roles), "signer": signer.hex()}
        case EnrolIssuer(certificate, roles, permitted, demanded):
            return {
                "act": "enrol-issuer",
                "certificate": canonical.base64url_text(certificate),
                "permitted": list(permitted),
                "revocation": "demanded" if demanded else "optional",
                "roles": _names(roles),
            }
        case ChangeRoles(signer, roles):
            return {"act": "roles", "roles": _names(roles), "signer": signer.hex()}
        case Revoke(signer, always):
            return {"act": "exclude" if always else "revoke", "signer": signer.hex()}
        case RevokeIssuer(issuer):
            return {"act": "revoke-issuer", "issuer": issuer.hex()}
        case AddRevocationList(data):
            return {"act": "revocation-list", "list": canonical.base64url_text(data)}
        case Settings(closed):
            return {"act": "settings", "closed": closed}
        case Rotate(signer, proof):
            text = canonical.base64url_text(proof)
            return {"act": "rotate", "proof": text, "signer": signer.hex()}


def _names(roles: frozenset[Role]) -> list[Json]:
    return [role.value for role in sorted(roles)]


def parse_act(value: Json) -> Act:
    """The act in a statement's member. Raises FormatError, NewerFormat."""
    if not isinstance(value, dict) or not isinstance(value.get("act"), str):
        raise FormatError("administration.malformed", "Must be an object with an act.")
    name = value["act"]
    known = _ACTS.get(str(name))
    if known is None:
        raise NewerFormat("administration.newer", f"The act {str(name)[:40]!r} is unknown.")
    members, read = known
    if set(value) != {"act", *members}:
        raise FormatError(
            "administration.members", "The act's members are not those it must have.", where=_WHERE
        )
    return read(value)


def _enrol(value: Mapping[str, Json]) -> Act:
    return Enrol(_digest(value["signer"]), _roles(value["roles"]))


def _enrol_issuer(value: Mapping[str, Json]) -> Act:
    certificate = _der(value["certificate"], LARGEST_CERTIFICATE)
    parse_certificate(certificate)
    roles = _roles(value["roles"])
    if Role.OPERATOR in roles:
        raise FormatError("administration.operator", "An operator is enrolled one by one.")
    demanded = _REVOCATION.get(str(value["revocation"]))
    if demanded is None:
        raise FormatError("administration.revocation", "Must be demanded or optional.")
    return EnrolIssuer(certificate, roles, _permitted(value["permitted"]), demanded)


def _change_roles(value: Mapping[str, Json]) -> Act:
    return ChangeRoles(_digest(value["signer"]), _roles(value["roles"]))


def _revoke(value: Mapping[str, Json]) -> Act:
    return Revoke(_digest(value["signer"]), always=False)


def _exclude(value: Mapping[str, Json]) -> Act:
    return Revoke(_digest(value["signer"]))


def _revoke_issuer(value: Mapping[str, Json]) -> Act:
    return RevokeIssuer(_digest(value["issuer"]))


def _revocation_list(value: Mapping[str, Json]) -> Act:
    data = _der(value["list"], LARGEST_LIST)
    try:
        parse_list(data)
    except Undecided as error:
        raise FormatError("administration.list", error.message, where=_WHERE) from error
    return AddRevocationList(data)


def _settings(value: Mapping[str, Json]) -> Act:
    closed = value["closed"]
    if not isinstance(closed, bool):
        raise FormatError("administration.settings", "closed must be true or false.")
    return Settings(closed)


def _rotate(value: Mapping[str, Json]) -> Act:
    return Rotate(_digest(value["signer"]), _der(value["proof"], LARGEST_PROOF))


_ACTS: Final[Mapping[str, tuple[frozenset[str], Callable[[Mapping[str, Json]], Act]]]] = {
    "enrol": (frozenset({"roles", "signer"}), _enrol),
    "enrol-issuer": (
        frozenset({"certificate", "permitted", "revocation", "roles"}),
        _enrol_issuer,
    ),
    "roles": (frozenset({"roles", "signer"}), _change_roles),
    "exclude": (frozenset({"signer"}), _exclude),
    "revoke": (frozenset({"signer"}), _revoke),
    "revoke-issuer": (frozenset({"issuer"}), _revoke_issuer),
    "revocation-list": (frozenset({"list"}), _revocation_list),
    "settings": (frozenset({"closed"}), _settings),
    "rotate": (frozenset({"proof", "signer"}), _rotate),
}


def _digest(value: Json) -> bytes:
    return canonical.hex_bytes(value, 32, where=_WHERE)


def _der(value: Json, largest: int) -> bytes:
    data = canonical.base64url_bytes(value, where=_WHERE)
    if not 0 < len(data) <= largest:
        raise FormatError("administration.size", f"Must have 1 to {largest} bytes.", where=_WHERE)
    return data


def _roles(value: Json) -> frozenset[Role]:
    names = _texts(value, len(Role))
    if not names or not set(names) <= set(Role):
        raise FormatError("administration.roles", "Must be one or more roles.", where=_WHERE)
    return frozenset(Role(name) for name in names)


def _permitted(value: Json) -> tuple[str, ...]:
    return checked_permitted(_texts(value, MOST_NAMES))


def _texts(value: Json, most: int) -> list[str]:
    """A list of texts in ascending order, each once."""
    names = value if isinstance(value, list) else [None]
    texts = [name for name in names if isinstance(name, str)]
    if len(texts) != len(names) or len(texts) > most or texts != sorted(set(texts)):
        raise FormatError(
            "administration.list-order",
            f"Must be a list of at most {most} texts in ascending order.",
            where=_WHERE,
        )
    return texts
