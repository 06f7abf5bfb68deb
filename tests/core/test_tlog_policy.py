"""tlog-policy files: parsing, quorums, and everything that must be refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.tlog_policy import (
    PolicyGroup,
    PolicyLog,
    PolicyWitness,
    TlogPolicy,
    shown,
)
from evidence_ledger.core.verifier_key import KeyType, VerifierKey
from evidence_ledger.errors import FormatError, Undecided
from tests.small_log import LOG, LOG_ML_DSA, make_key

W = [make_key(f"w{n}.example") for n in range(6)]
KEYS = [key.verifier.encode() for key in W]
LOG_KEY = LOG.verifier.encode()

NESTED = f"""# two houses
log {LOG_KEY}

witness X1 {KEYS[0]}
 witness\tX2 {KEYS[1]} https://x2.example/
witness X3 {KEYS[2]}
group X-witnesses 2 X1 X2 X3

witness Y1 {KEYS[3]}
witness Y2 {KEYS[4]}
witness Y3 {KEYS[5]}
group Y-witnesses any Y1 Y2 Y3

  # both
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def test_the_specifications_example() -> None:
    policy = TlogPolicy.parse(NESTED.encode())
    assert policy.logs == (PolicyLog(LOG.verifier),)
    assert policy.witnesses[1] == PolicyWitness(b"X2", W[1].verifier, b"https://x2.example/")
    assert policy.groups[0] == PolicyGroup(b"X-witnesses", 2, (b"X1", b"X2", b"X3"))
    assert [group.threshold for group in policy.groups] == [2, 1, 2]
    assert policy.quorum == b"X-and-Y"


@pytest.mark.parametrize(
    ("cosigners", "enough"),
    [
        ("", False),
        ("X1 X2 X3", False),
        ("Y1 Y2 Y3", False),
        ("X1 Y1", False),
        ("X1 X3 Y2", True),
        ("X1 X2 X3 Y1 Y2 Y3", True),
        ("X1 X2 Y4", False),
        ("X-witnesses Y-witnesses", False),
        ("X-and-Y", False),
    ],
)
def test_the_quorum_of_the_specifications_example(cosigners: str, enough: bool) -> None:
    names = cosigners.encode().split()
    assert TlogPolicy.parse(NESTED.encode()).satisfied_by(names) is enough


def test_no_quorum_at_all_and_a_single_witness() -> None:
    assert TlogPolicy.parse(b"quorum none\n").satisfied_by([])
    policy = TlogPolicy.parse(f"witness none-at-all {KEYS[0]}\nquorum none-at-all\n".encode())
    assert policy.satisfied_by([b"none-at-all"])
    assert not policy.satisfied_by([])


@st.composite
def policies(draw: st.DrawFn) -> TlogPolicy:
    words = st.binary(min_size=1, max_size=8).filter(
        lambda word: all(byte > 0x20 and byte != 0x7F for byte in word) and word != b"none"
    )
    names = draw(st.lists(words, min_size=8, max_size=8, unique=True))
    urls = draw(st.lists(st.none() | words, min_size=6, max_size=6))
    witnesses = tuple(
        PolicyWitness(name, key.verifier, url)
        for name, key, url in zip(names, W, urls, strict=False)
    )
    inner = PolicyGroup(names[6], draw(st.integers(1, 3)), tuple(names[:3]))
    outer = PolicyGroup(names[7], draw(st.integers(1, 2)), (names[6], names[4]))
    quorum = draw(st.sampled_from([*names, b"none"]))
    logs = tuple(PolicyLog(key.verifier, urls[0]) for key in (LOG, LOG_ML_DSA))
    return TlogPolicy(logs, witnesses, (inner, outer), quorum)


@given(policies())
def test_what_is_written_is_read(policy: TlogPolicy) -> None:
    assert TlogPolicy.parse(policy.encode()) == policy


@given(policies(), st.sets(st.integers(0, 5)))
def test_more_cosigners_never_satisfy_less(policy: TlogPolicy, chosen: set[int]) -> None:
    names = [policy.witnesses[at].name for at in chosen]
    everyone = [witness.name for witness in policy.witnesses]
    assert policy.satisfied_by(everyone)
    assert policy.satisfied_by(names) <= policy.satisfied_by(everyone)
    if policy.quorum in everyone:
        assert policy.satisfied_by(names) == (policy.quorum in names)


@given(st.binary(max_size=200))
def test_any_octets_are_read_or_refused(data: bytes) -> None:
    try:
        TlogPolicy.parse(data)
    except (FormatError, Undecided):
        return
    assert b"quorum" in data


def test_thirty_two_of_each_are_accepted() -> None:
    many = [make_key(f"many{n}.example") for n in range(64)]
    lines = [f"log {key.verifier.encode()}" for key in many[:32]]
    lines += [f"witness w{n} {key.verifier.encode()}" for n, key in enumerate(many[32:])]
    lines += [f"group g{n} any w{n}" for n in range(32)] + ["quorum g31"]
    assert len(TlogPolicy.parse(("\n".join(lines) + "\n").encode()).groups) == 32


def test_names_are_octets() -> None:
    kelvin = "\N{KELVIN SIGN}"
    text = f"witness {kelvin} {KEYS[0]}\nwitness K {KEYS[1]}\nquorum K\n"
    policy = TlogPolicy.parse(text.encode())
    assert not policy.satisfied_by([kelvin.encode()])
    assert shown(b"\xff") == r"\xff"


RFC6962 = VerifierKey("l", b"abcd", 9, bytes(32)).encode()
W0, W1 = f"witness W0 {KEYS[0]}\n", f"witness W1 {KEYS[1]}\n"
SAME_KEY = VerifierKey.of("other.example", KeyType.ED25519_COSIGNATURE, W[0].verifier.key).encode()

HOSTILE = {
    "nothing": ("tlog-policy.unfinished", ""),
    "no newline at the end": ("tlog-policy.unfinished", "quorum none"),
    "no quorum": ("tlog-policy.no-quorum", W0),
    "a quorum in a comment": ("tlog-policy.no-quorum", "# quorum none\n"),
    "two quorums": ("tlog-policy.two-quorums", "quorum none\nquorum none\n"),
    "a quorum that nobody defined": ("tlog-policy.undefined", "quorum W0\n"),
    "a quorum before its witness": ("tlog-policy.undefined", "quorum W0\n" + W0),
    "a quorum of two names": ("tlog-policy.words", W0 + W1 + "quorum W0 W1\n"),
    "an unknown word": ("tlog-policy.unknown-word", "Quorum none\n"),
    "a comment behind a line": ("tlog-policy.words", "quorum none # yes\n"),
    "a group of itself": ("tlog-policy.undefined", W0 + "group g any W0 g\nquorum g\n"),
    "a group defined later": (
        "tlog-policy.undefined",
        W0 + "group g any h\ngroup h any W0\nquorum g\n",
    ),
    "a group without members": ("tlog-policy.words", "group g any\nquorum g\n"),
    "a member twice in a group": (
        "tlog-policy.member-twice",
        W0 + "group g 2 W0 W0\nquorum g\n",
    ),
    "a member of two groups": (
        "tlog-policy.member-twice",
        W0 + W1 + "group g any W0 W1\ngroup h any W0\ngroup q all g h\nquorum q\n",
    ),
    "none as a member": ("tlog-policy.undefined", W0 + "group g any none W0\nquorum g\n"),
    "a witness called none": (
        "tlog-policy.name-taken",
        f"witness none {KEYS[0]}\nquorum none\n",
    ),
    "a group called none": ("tlog-policy.name-taken", W0 + "group none any W0\nquorum none\n"),
    "a name for two witnesses": (
        "tlog-policy.name-taken",
        W0 + f"witness W0 {KEYS[1]}\nquorum none\n",
    ),
    "a name for a witness and a group": (
        "tlog-policy.name-taken",
        W0 + "group W0 any W0\nquorum W0\n",
    ),
    "a threshold of 0": ("tlog-policy.threshold", W0 + "group g 0 W0\nquorum g\n"),
    "a threshold above the members": ("tlog-policy.threshold", W0 + "group g 2 W0\nquorum g\n"),
    "a threshold with a leading zero": (
        "tlog-policy.threshold",
        W0 + "group g 01 W0\nquorum g\n",
    ),
    "a threshold that is a word": ("tlog-policy.threshold", W0 + "group g some W0\nquorum g\n"),
    "one public key under two names": (
        "tlog-policy.same-key",
        W0 + f"witness W1 {SAME_KEY}\nquorum none\n",
    ),
    "one log twice": ("tlog-policy.same-key", f"log {LOG_KEY}\nlog {LOG_KEY}\nquorum none\n"),
    "a witness that only signs notes": (
        "tlog-policy.key-type",
        f"witness W0 {LOG_KEY}\nquorum none\n",
    ),
    "a log without a key": ("tlog-policy.words", "log\nquorum none\n"),
    "a log with two addresses": ("tlog-policy.words", f"log {LOG_KEY} a b\nquorum none\n"),
    "a key that is none": ("vkey.malformed", "log key\nquorum none\n"),
    "carriage returns": ("tlog-policy.control-character", "quorum none\r\n"),
    "a vertical tab": ("tlog-policy.control-character", "quorum\x0bnone\n"),
    "a delete character": ("tlog-policy.control-character", "quorum none\x7f\n"),
    "too many lines": ("tlog-policy.too-large", "\n" * 1025 + "quorum none\n"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refuses(name: str) -> None:
    code, text = HOSTILE[name]
    with pytest.raises(FormatError) as refused:
        TlogPolicy.parse(text.encode())
    assert refused.value.reason == code


def test_a_message_names_the_line() -> None:
    with pytest.raises(FormatError) as refused:
        TlogPolicy.parse(b"\n\nlog key\n")
    assert refused.value.where == "policy, line 3"


def test_a_key_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(FormatError) as refused:
        TlogPolicy.parse(b"log \xff+00000000+AQ==\nquorum none\n")
    assert refused.value.reason == "tlog-policy.key-utf8"


def test_a_key_of_an_unknown_type_decides_nothing() -> None:
    with pytest.raises(Undecided) as undecided:
        TlogPolicy.parse(f"log {RFC6962}\nquorum none\n".encode())
    assert undecided.value.reason == "tlog-policy.unknown-key-type"
