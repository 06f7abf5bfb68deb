"""Chains as of a moment: right ones found, wrong ones refused for their own reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from ipaddress import IPv4Network

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from evidence_ledger.core import certificate_chain
from evidence_ledger.core.certificate_chain import validate_chain
from evidence_ledger.core.certificate_purpose import Purpose
from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger.errors import EvidenceError, FormatError, Undecided
from tests.x509_factory import NOW, YEAR, Holder, issue, key_of, name, usage

ROOT = issue("Root", authority=True)
MIDDLE = issue("Middle", ROOT, authority=True, path_length=0)
LEAF = issue("Leaf", MIDDLE)


def names(leaf: Holder, others: Sequence[Holder], roots: Sequence[Holder] = (ROOT,)) -> list[str]:
    chain = validate_chain(
        leaf.der, [o.der for o in others], [r.der for r in roots], NOW, purpose=Purpose.SIGNATURE
    )
    return [one.subject_text.removeprefix("CN=") for one in chain.certificates]


def reason(leaf: Holder, others: Sequence[Holder] = (), roots: Sequence[Holder] = (ROOT,)) -> str:
    with pytest.raises(EvidenceError) as caught:
        names(leaf, others, roots)
    return caught.value.reason


def test_a_chain_is_found_in_any_order_among_strangers() -> None:
    stranger = issue("Middle", issue("Other", authority=True), authority=True)
    assert names(LEAF, [stranger, ROOT, MIDDLE, LEAF]) == ["Leaf", "Middle", "Root"]


def test_a_trusted_middle_ends_the_chain() -> None:
    assert names(LEAF, [], [MIDDLE]) == ["Leaf", "Middle"]


def test_a_trusted_leaf_is_a_chain_by_itself() -> None:
    alone = issue("Alone")
    assert names(alone, [], [alone]) == ["Alone"]


def test_the_chain_expires_with_its_first_member() -> None:
    short = issue("Short", MIDDLE, end=NOW + timedelta(days=1))
    chain = validate_chain(short.der, [MIDDLE.der], [ROOT.der], NOW, purpose=Purpose.SIGNATURE)
    assert chain.not_after == NOW + timedelta(days=1)
    assert (chain.leaf.raw, chain.root.raw) == (short.der, ROOT.der)


@pytest.mark.parametrize("kind", ["rsa2048", "p384", "p521", "ed25519"])
def test_authorities_of_every_kind(kind: str) -> None:
    root = issue("Root", authority=True, key=key_of(kind))
    assert names(issue("Leaf", root), [], [root]) == ["Leaf", "Root"]


def test_authorities_by_rsassa_pss() -> None:
    root = issue("Root", authority=True, key=key_of("rsa2048"), pss=True)
    assert names(issue("Leaf", root, pss=True), [], [root]) == ["Leaf", "Root"]


def test_a_name_in_another_case_and_string_type_is_the_same() -> None:
    def spelled(text: str, kind: x509.name._ASN1Type) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text, kind)])

    root = issue("Some  Root", authority=True)
    printable = spelled("some root", x509.name._ASN1Type.PrintableString)
    builder = x509.CertificateBuilder(
        issuer_name=printable,
        subject_name=name("Leaf"),
        public_key=key_of("p256").public_key(),
        serial_number=5,
        not_valid_before=NOW - YEAR,
        not_valid_after=NOW + YEAR,
    )
    leaf = Holder(key_of("p256"), builder.sign(root.key, hashes.SHA256()))
    assert names(leaf, [], [root]) == ["Leaf", "Some  Root"]


def constrained(**kinds: Sequence[x509.GeneralName]) -> Holder:
    wanted = x509.NameConstraints(
        permitted_subtrees=list(kinds.get("permitted", ())) or None,
        excluded_subtrees=list(kinds.get("excluded", ())) or None,
    )
    return issue("Middle", ROOT, authority=True, extra=[(wanted, True)])


def called(*others: x509.GeneralName) -> list[tuple[x509.ExtensionType, bool]]:
    return [(x509.SubjectAlternativeName(others), False)]


LEAF_NAME = x509.DirectoryName(name("Leaf"))
DNS = x509.DNSName("court.example")
MAIL = x509.RFC822Name("court.example")
ADDRESS = x509.IPAddress(IPv4Network("10.0.0.0/8"))
NUMBER = x509.RegisteredID(x509.ObjectIdentifier("1.2.3"))
HOST = called(x509.DNSName("www.court.example"))
OTHER_HOST = called(x509.DNSName("notcourt.example"))
POSTBOX = called(x509.RFC822Name("ann@court.example"))

Extensions = Sequence[tuple[x509.ExtensionType, bool]]
Constraints = tuple[dict[str, list[x509.GeneralName]], Extensions]

PERMITTED: dict[str, Constraints] = {
    "its name": ({"permitted": [LEAF_NAME]}, ()),
    "its domain": ({"permitted": [DNS]}, HOST),
    "its postbox": ({"permitted": [MAIL]}, POSTBOX),
    "no name of the kind": ({"permitted": [ADDRESS], "excluded": [DNS]}, POSTBOX),
}
FORBIDDEN: dict[str, Constraints] = {
    "another name": ({"permitted": [x509.DirectoryName(name("Other"))]}, ()),
    "its name excluded": ({"excluded": [LEAF_NAME]}, ()),
    "another domain": ({"permitted": [DNS]}, OTHER_HOST),
    "its domain excluded": ({"excluded": [DNS]}, HOST),
    "another postbox": ({"permitted": [x509.RFC822Name("bob@court.example")]}, POSTBOX),
    "a postbox in a sub-domain": (
        {"permitted": [x509.RFC822Name(".court.example")]},
        POSTBOX,
    ),
    "a number, which is not compared": (
        {"permitted": [NUMBER]},
        called(x509.RegisteredID(x509.ObjectIdentifier("1.2.3.4"))),
    ),
}


@pytest.mark.parametrize("case", PERMITTED)
def test_name_constraints_permit(case: str) -> None:
    kinds, extra = PERMITTED[case]
    middle = constrained(**kinds)
    assert names(issue("Leaf", middle, extra=extra), [middle]) == ["Leaf", "Middle", "Root"]


@pytest.mark.parametrize("case", FORBIDDEN)
def test_name_constraints_forbid(case: str) -> None:
    kinds, extra = FORBIDDEN[case]
    middle = constrained(**kinds)
    assert reason(issue("Leaf", middle, extra=extra), [middle]) == "chain.name-constraints"


def test_an_unknown_root_is_undecided() -> None:
    other = issue("Root", authority=True)
    with pytest.raises(Undecided, match="No trusted root vouches for CN=Leaf"):
        names(LEAF, [MIDDLE, ROOT], [other])
    assert reason(LEAF, [MIDDLE], []) == "chain.unknown-root"
    assert reason(LEAF, [], [ROOT]) == "chain.unknown-root"


def test_a_self_issued_leaf_with_a_trusted_name_is_not_trusted() -> None:
    assert reason(issue("Root", key=key_of("p256"))) == "chain.unknown-root"


EXPIRED = issue("Middle", ROOT, authority=True, end=NOW - timedelta(seconds=1))
EARLY = issue("Middle", ROOT, authority=True, start=NOW + timedelta(seconds=1))
NO_AUTHORITY = issue("Middle", ROOT)
NO_CONSTRAINTS = issue("Middle", ROOT, authority=True, constraints=False)
NO_USAGE = issue("Middle", ROOT, authority=True, key_usage=usage("digital_signature"))
SHA224 = issue("Middle", ROOT, authority=True, digest=hashes.SHA224())
WEAK_KEY = issue("Middle", ROOT, authority=True, key=key_of("rsa1024"))
CRITICAL = issue(
    "Middle",
    ROOT,
    authority=True,
    extra=[(x509.PolicyConstraints(require_explicit_policy=0, inhibit_policy_mapping=None), True)],
)
DEEP = issue("Deep", MIDDLE, authority=True)

WRONG: dict[str, tuple[Holder, list[Holder], str]] = {
    "leaf expired": (
        issue("Leaf", ROOT, end=NOW - timedelta(seconds=1)),
        [],
        "chain.expired",
    ),
    "leaf not valid yet": (
        issue("Leaf", ROOT, start=NOW + timedelta(seconds=1)),
        [],
        "chain.not-yet-valid",
    ),
    "issuer expired": (issue("Leaf", EXPIRED), [EXPIRED], "chain.expired"),
    "issuer not valid yet": (issue("Leaf", EARLY), [EARLY], "chain.not-yet-valid"),
    "issuer no authority": (
        issue("Leaf", NO_AUTHORITY),
        [NO_AUTHORITY],
        "chain.not-an-authority",
    ),
    "issuer without basicConstraints": (
        issue("Leaf", NO_CONSTRAINTS),
        [NO_CONSTRAINTS],
        "chain.not-an-authority",
    ),
    "issuer without keyCertSign": (issue("Leaf", NO_USAGE), [NO_USAGE], "chain.key-usage"),
    "too deep": (issue("Leaf", DEEP), [DEEP, MIDDLE], "chain.path-length"),
    "issuer signed with SHA-224": (issue("Leaf", SHA224), [SHA224], "algorithm.weak-digest"),
    "issuer with a weak key": (issue("Leaf", WEAK_KEY), [WEAK_KEY], "algorithm.weak-key"),
    "policies demanded": (issue("Leaf", CRITICAL), [CRITICAL], "chain.critical-extension"),
    "leaf not for signatures": (
        issue("Leaf", ROOT, key_usage=usage("key_encipherment")),
        [],
        "chain.not-for-signatures",
    ),
}


@pytest.mark.parametrize("defect", WRONG)
def test_a_wrong_chain_is_refused_for_its_own_reason(defect: str) -> None:
    leaf, others, expected = WRONG[defect]
    assert reason(leaf, others) == expected


def test_a_second_path_is_tried_where_the_first_is_wrong() -> None:
    key = key_of("p256", 9)
    expired = issue("Middle", ROOT, authority=True, key=key, end=NOW - timedelta(seconds=1))
    renewed = issue("Middle", ROOT, authority=True, key=key)
    assert names(issue("Leaf", renewed), [expired, renewed])[1:] == ["Middle", "Root"]


def test_an_expired_root_is_refused() -> None:
    root = issue("Old root", authority=True, end=NOW - timedelta(seconds=1))
    assert reason(issue("Leaf", root), [], [root]) == "chain.expired"


def test_cross_signed_loops_end() -> None:
    one, two = key_of("p256", 1), key_of("p256", 2)
    first, second = (issue(n, authority=True, key=k) for n, k in (("One", one), ("Two", two)))
    crossed = [
        issue("One", second, authority=True, key=one),
        issue("Two", first, authority=True, key=two),
    ]
    leaf = issue("Leaf", first)
    assert reason(leaf, [first, second, *crossed]) == "chain.unknown-root"
    assert names(leaf, crossed, [second]) == ["Leaf", "One", "Two"]


def test_too_many_possible_chains_are_undecided() -> None:
    crowd = [issue("Crowd", ROOT, authority=True) for _ in range(certificate_chain.MOST_LINKS + 2)]
    assert reason(issue("Leaf", crowd[0]), crowd[1:]) == "chain.too-complex"
    assert names(issue("Leaf", ROOT), crowd) == ["Leaf", "Root"], "nobody has to try"


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The X.509 certificates whose keys were used."""
    found: list[bytes] = []

    def signed_by(subject: bytes, issuer: bytes) -> bool:
        found.append(issuer)
        return parse_certificate(subject).is_signed_by(parse_certificate(issuer).public_key)

    monkeypatch.setattr(certificate_chain, "signed_by", signed_by)
    return found


def test_no_key_of_a_stranger_is_used(used: list[bytes]) -> None:
    crowd = [issue("Crowd", authority=True) for _ in range(9)]
    chain = issue("Middle", issue("Root", authority=True), authority=True)
    assert reason(issue("Leaf", crowd[0]), crowd) == "chain.unknown-root"
    assert reason(issue("Leaf", chain), [chain, MIDDLE]) == "chain.unknown-root"
    assert set(used) <= {ROOT.der, MIDDLE.der}


def test_no_key_below_one_that_is_no_authority_is_used(used: list[bytes]) -> None:
    member = issue("Member", ROOT)
    crowd = [issue("Crowd", member, authority=True) for _ in range(9)]
    assert reason(issue("Leaf", crowd[0]), [member, *crowd]) == "chain.unknown-root"
    assert not {one.der for one in crowd} & set(used)


def test_a_chain_too_long_is_not_followed() -> None:
    chain = [ROOT]
    for depth in range(certificate_chain.LONGEST):
        chain.append(issue(f"Depth {depth}", chain[-1], authority=True))
    longest = issue("Leaf", chain[-3])
    assert len(names(longest, chain[1:-2])) == certificate_chain.LONGEST
    assert reason(issue("Leaf", chain[-2]), chain[1:-1]) == "chain.unknown-root"


def test_a_changed_certificate_is_not_followed() -> None:
    for position in range(4, len(LEAF.der), 7):
        changed = bytearray(LEAF.der)
        changed[position] ^= 1
        with pytest.raises(EvidenceError):
            validate_chain(bytes(changed), [MIDDLE.der], [ROOT.der], NOW, purpose=Purpose.SIGNATURE)


def test_what_is_read_is_what_others_read() -> None:
    found, other = parse_certificate(LEAF.der), LEAF.certificate
    assert found.serial == other.serial_number
    assert found.not_before == other.not_valid_before_utc
    assert found.not_after == other.not_valid_after_utc
    assert found.issuer == other.issuer.public_bytes()
    assert found.signed == other.tbs_certificate_bytes
    assert found.sha256 == other.fingerprint(hashes.SHA256())
    assert found.key_usage == frozenset({0})
    assert (
        found.subject_key_identifier
        == x509.SubjectKeyIdentifier.from_public_key(LEAF.key.public_key()).digest
    )


def test_an_unreadable_leaf_or_root_is_malformed() -> None:
    with pytest.raises(FormatError):
        validate_chain(b"\x30\x00", [], [ROOT.der], NOW, purpose=Purpose.SIGNATURE)
    with pytest.raises(FormatError):
        validate_chain(LEAF.der, [], [b"junk"], NOW, purpose=Purpose.SIGNATURE)
    assert names(LEAF, [MIDDLE, ROOT]) == ["Leaf", "Middle", "Root"]
