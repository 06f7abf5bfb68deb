"""Trust policies: a rule that is not understood is refused, never left out."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.quorum import Quorum
from evidence_ledger.core.trust_policy import TrustPolicy, parse
from evidence_ledger.core.verifier_key import KeyType, VerifierKey
from evidence_ledger.errors import EvidenceError, FormatError, NewerFormat
from tests.workbench import CA, DEPOSITOR, note_signers

LOG = [one.vkey for one in note_signers()]
WITNESS = VerifierKey.of("witness.example", KeyType.ML_DSA_44, bytes(range(256)) * 5 + bytes(32))
PINNED = hashlib.sha256(DEPOSITOR.der).hexdigest()
ROOTS = f"roots = '''\n{CA.pem.decode()}'''\n"
WHOLE = f"""v = 1
name = "District court"

[[log]]
name = "The ledger"
vkeys = ["{LOG[0]}", "{LOG[1]}"]

[[witness]]
name = "Chamber"
vkey = "{WITNESS.encode()}"

[quorum]
witnesses = 1

[[timestamp_authority]]
name = "TSA"
independent = false
{ROOTS}

[time]
authorities = 2
independent = 1

[[signer]]
name = "Someone"
certificates = ["{PINNED}"]

[[signer]]
{ROOTS}

[digests]
required = ["sm3"]

[algorithms]
sha256 = 2040-01-01
ecdsa-sha256 = 2035-12-31
ml-dsa-44 = 2050-01-01
"""


def test_every_rule_is_read() -> None:
    policy = parse(WHOLE)
    assert policy.name == "District court"
    assert [key.encode() for log in policy.logs for key in log.keys] == LOG
    assert [(one.name, one.key) for one in policy.witnesses] == [("Chamber", WITNESS)]
    assert policy.quorum == Quorum(witnesses=1)
    assert [(one.name, one.independent, one.roots) for one in policy.authorities] == [
        ("TSA", False, (CA.der,))
    ]
    assert (policy.authorities_required, policy.independent_required) == (2, 1)
    assert policy.signers.certificates == {bytes.fromhex(PINNED)}
    assert policy.signers.roots == (CA.der,)
    assert policy.required_digests == {Algorithm.SHA256, Algorithm.SM3}
    assert policy.end_dates["ecdsa-sha256"] == date(2035, 12, 31)


def test_what_is_not_said_is_the_strict_default() -> None:
    assert parse("v = 1") == TrustPolicy("unnamed")
    policy = parse(f'v = 1\n[[timestamp_authority]]\nname = "TSA"\n{ROOTS}')
    assert (policy.authorities_required, policy.authorities[0].independent) == (1, True)


def log(*keys: str) -> str:
    return f"[[log]]\nvkeys = [{', '.join(repr(one) for one in keys)}]\n"


def witness(key: str) -> str:
    return f'[[witness]]\nname = "W"\nvkey = "{key}"\n'


OTHER_LOG = note_signers("other.example")[0].vkey
UNCHECKED = VerifierKey.of("x.example", KeyType.RFC6962, bytes(91)).encode()
AS_WITNESS = VerifierKey.of(
    "w.example", KeyType.ED25519_COSIGNATURE, VerifierKey.parse(LOG[0]).key
).encode()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "policy.version"),
        ("v = 0", "policy.version"),
        ("v = true", "policy.member"),
        ("v = 1.0", "policy.member"),
        ('v = "1"', "policy.member"),
        ("v = 2", "policy.newer"),
        ("v = 2\nanything = 1", "policy.newer"),
        ("v = 1\nv = 1", "policy.toml"),
        ("v = 1\n[time]\nauthorities =", "policy.toml"),
        ("v = " + "9" * 5000, "policy.toml"),
        ("v = 1\n[algorithms]\nsha256 = 2031-02-30", "policy.toml"),
        ("v = 1\nx = " + "[" * 100_000, "policy.toml"),
        ("v = 1\nwitness_quorum = 1", "policy.unknown-member"),
        ("v = 1\n[times]\nauthorities = 1", "policy.unknown-member"),
        ("v = 1\n[time]\nauthority = 1", "policy.unknown-member"),
        ("v = 1\n[quorum]\nwitness = 1", "policy.unknown-member"),
        ("v = 1\n[digests]\nrequire = []", "policy.unknown-member"),
        (f"v = 1\n{log(LOG[0])}key = 1", "policy.unknown-member"),
        (f"v = 1\n{witness(WITNESS.encode())}x = 1", "policy.unknown-member"),
        (
            f'v = 1\n[[timestamp_authority]]\nname = "T"\ntrusted = true\n{ROOTS}',
            "policy.unknown-member",
        ),
        ("v = 1\n[[signer]]\nsha256 = []", "policy.unknown-member"),
        ("v = 1\nname = 1", "policy.member"),
        ("v = 1\n[time]\nauthorities = -1", "policy.member"),
        ("v = 1\n[time]\nauthorities = true", "policy.member"),
        ("v = 1\n[time]\nauthorities = 1001", "policy.member"),
        ("v = 1\ntime = 1", "policy.member"),
        ("v = 1\n[log]\nvkeys = []", "policy.member"),
        ("v = 1\n[[time]]\nauthorities = 1", "policy.member"),
        ("v = 1\n[[log]]\nvkeys = 1", "policy.member"),
        ("v = 1\n[[log]]\nvkeys = [1]", "policy.member"),
        ("v = 1\n[[log]]\n", "policy.log"),
        (f"v = 1\n{log(LOG[0], OTHER_LOG)}", "policy.log"),
        (f"v = 1\n{log(UNCHECKED)}", "policy.log-key"),
        (f"v = 1\n{log(LOG[0])}{log(LOG[1])}", "policy.same-log"),
        (f"v = 1\n{log(LOG[0], LOG[0])}", "policy.same-key"),
        (f"v = 1\n{log(LOG[0])}{witness(AS_WITNESS)}", "policy.same-key"),
        (f"v = 1\n{log(LOG[1])}{witness(LOG[1])}", "policy.same-key"),
        (f"v = 1\n{witness(WITNESS.encode()) * 2}", "policy.same-key"),
        (f"v = 1\n{witness(LOG[0])}", "policy.witness"),
        ('v = 1\n[[witness]]\nname = "W"', "policy.member"),
        (f'v = 1\n[[witness]]\nvkey = "{WITNESS.encode()}"', "policy.member"),
        ('v = 1\n[[log]]\nvkeys = ["x"]', "vkey.malformed"),
        ('v = 1\n[[timestamp_authority]]\nname = "T"', "policy.member"),
        (f"v = 1\n[[timestamp_authority]]\n{ROOTS}", "policy.member"),
        ('v = 1\n[[timestamp_authority]]\nname = "T"\nroots = ""', "x509.pem"),
        (f'v = 1\n[[timestamp_authority]]\nname = "T"\nindependent = 1\n{ROOTS}', "policy.member"),
        ('v = 1\n[[signer]]\nroots = "-----BEGIN CERTIFICATE-----"', "x509.pem"),
        ('v = 1\n[[signer]]\ncertificates = ["00"]', "hex.malformed"),
        (f'v = 1\n[[signer]]\ncertificates = ["{PINNED.upper()}"]', "hex.malformed"),
        ('v = 1\n[digests]\nrequired = ["md5"]', "policy.digest"),
        ("v = 1\n[algorithms]\nsha256 = 2040", "policy.member"),
        ("v = 1\n[algorithms]\nsha256 = 2040-01-01T00:00:00Z", "policy.member"),
        ('v = 1\n[algorithms]\nsha256 = "2040-01-01"', "policy.member"),
        ("v = 1\n[algorithms]\nsha-256 = 2040-01-01", "policy.algorithm"),
        ("v = 1\n[algorithms]\nrsa = 2040-01-01", "policy.algorithm"),
        ("v = 1\n[algorithms]\nECDSA-SHA256 = 2040-01-01", "policy.algorithm"),
    ],
    ids=lambda value: "policy" if "\n" in value or "=" in value else value,
)
def test_every_other_policy_is_refused(text: str, reason: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse(text)
    assert caught.value.reason == reason
    assert isinstance(caught.value, NewerFormat) is (reason == "policy.newer")


@given(st.data())
def test_a_damaged_policy_raises_nothing_but_errors_of_ours(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(WHOLE) - 1))
    length = data.draw(st.integers(0, 40))
    inserted = data.draw(st.text(max_size=5))
    try:
        parse(WHOLE[:place] + inserted + WHOLE[place + length :])
    except EvidenceError as error:
        assert error.message  # noqa: PT017  # every other exception fails the test


@given(st.text(max_size=60))
def test_any_text_raises_nothing_but_errors_of_ours(text: str) -> None:
    try:
        parse("v = 1\n" + text)
    except EvidenceError as error:
        assert error.message  # noqa: PT017  # every other exception fails the test
