"""Trust policies as tlog-policies and back: the same is asked for, and nothing is made weaker."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence_ledger.core import trust_policy
from evidence_ledger.core.policy_exchange import export_policy, import_policy
from evidence_ledger.core.policy_text import policy_text
from evidence_ledger.core.quorum import Group, Quorum
from evidence_ledger.core.tlog_policy import TlogPolicy
from evidence_ledger.core.trust_policy import TrustedLog, TrustedWitness, TrustPolicy
from evidence_ledger.core.verifier_key import KeyType
from evidence_ledger.errors import FormatError
from tests.small_log import LOG, LOG_ML_DSA, make_key

KINDS = (KeyType.ED25519_COSIGNATURE, KeyType.ML_DSA_44)
KEYS = [[make_key(f"w{n}.example", kind).verifier for kind in KINDS] for n in range(5)]
LOGS = (TrustedLog((LOG.verifier, LOG_ML_DSA.verifier), "https://log.example/"),)


@st.composite
def policies(draw: st.DrawFn, *, operator_run: bool = False) -> TrustPolicy:
    words = draw(
        st.lists(
            st.text(
                st.sampled_from("abno e%25 0\t\x7fé#") | st.characters(exclude_categories=["Cs"]),
                min_size=1,
                max_size=5,
            ).filter(lambda word: "#" not in word and not word.startswith("quorum")),
            min_size=7,
            max_size=7,
            unique=True,
        )
    )
    counts = [draw(st.integers(1, 2)) for _ in range(5)]
    url = draw(st.none() | st.just("https://w.example/a%20b"))
    witnesses = tuple(
        TrustedWitness(word, key, url)
        for word, keys, count in zip(words, KEYS, counts, strict=False)
        for key in keys[:count]
    )
    own = frozenset(draw(st.sets(st.sampled_from(words[:5])))) if operator_run else frozenset()
    inner = Group(words[5], draw(st.integers(1, 3)), tuple(words[:3]), operator_run)
    outer = Group(words[6], draw(st.integers(1, 2)), (words[5], words[3]))
    quorum = draw(
        st.sampled_from(
            [
                Quorum(operator_run=own),
                Quorum(witnesses=draw(st.integers(1, 5)), operator_run=own),
                Quorum(independent=draw(st.integers(1, 5)), operator_run=own),
                Quorum(group=words[4], operator_run=own),
                Quorum(group=words[5], groups=(inner,), operator_run=own),
                Quorum(group=words[6], groups=(inner, outer), operator_run=own),
            ]
        )
    )
    if not operator_run and quorum.independent:
        quorum = Quorum(witnesses=quorum.independent)
    return TrustPolicy("p", logs=LOGS, witnesses=witnesses, quorum=quorum)


@given(policies())
def test_what_goes_out_comes_back(policy: TrustPolicy) -> None:
    out = export_policy(policy)
    again = import_policy(TlogPolicy.parse(out.encode()), "p")
    assert again == policy
    assert export_policy(again).encode() == out.encode()


@given(policies(operator_run=True))
def test_toml_comes_back(policy: TrustPolicy) -> None:
    assert trust_policy.parse(policy_text(policy)) == policy


@settings(max_examples=60)
@given(policies(operator_run=True))
def test_it_asks_for_the_same(policy: TrustPolicy) -> None:
    """For every set of witnesses, each with its first key or all its keys."""
    try:
        out = export_policy(policy)
    except FormatError as error:
        assert error.reason == "policy-exchange.unsayable"  # noqa: PT017 every other one fails
        return
    everyone = sorted({one.name for one in policy.witnesses})
    lines = {one.key: one.name for one in out.witnesses}
    for chosen in chain.from_iterable(combinations(everyone, n) for n in range(6)):
        keys = [one.key for one in policy.witnesses if one.name in chosen]
        assert out.satisfied_by(lines[key] for key in keys) == policy.quorum.met_by(chosen)


FOREIGN = f"""log {LOG.verifier.encode()}
witness court#1 {KEYS[0][0].encode()}
witness court#2 {KEYS[0][1].encode()}
witness a%2Fb {KEYS[1][0].encode()} https://b.example/x%20y
witness n%20n {KEYS[2][0].encode()}
group court any court#1 court#2
group two 2 court a%2Fb n%20n
quorum two
"""


def test_a_foreign_policy_comes_back_as_it_was() -> None:
    found = import_policy(TlogPolicy.parse(FOREIGN.encode()), "court")
    assert [one.name for one in found.witnesses] == ["court", "court", "a%2Fb", "n n"]
    assert found.quorum == Quorum(group="two", groups=(Group("two", 2, ("court", "a%2Fb", "n n")),))
    assert export_policy(found).encode() == FOREIGN.replace(" any ", " 1 ").encode()


def test_a_group_of_one_witness_s_keys_is_that_witness_whatever_they_are_called() -> None:
    text = FOREIGN.replace("court#1", "ed").replace("court#2", "pq")
    found = import_policy(TlogPolicy.parse(text.encode()), "court")
    assert [one.name for one in found.witnesses][:2] == ["court", "court"]


A, B = KEYS[0][0].encode(), KEYS[0][1].encode()
C = KEYS[1][0].encode()
HOSTILE = {
    "both keys of one witness": (
        "policy.same-witness",
        f"witness A {A}\nwitness B {B}\ngroup g all A B\nquorum g\n",
    ),
    "one key of several": (
        "policy-exchange.one-key",
        f"witness A {A}\nwitness B {B}\ngroup g any A B\nquorum A\n",
    ),
    "two keys beside another": (
        "policy.same-witness",
        f"witness A {A}\nwitness B {B}\nwitness C {C}\ngroup g 2 A B C\nquorum g\n",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_trust_policy_can_not_say_is_refused(name: str) -> None:
    code, text = HOSTILE[name]
    with pytest.raises(FormatError) as refused:
        import_policy(TlogPolicy.parse(text.encode()), "p")
    assert refused.value.reason == code


def test_a_name_that_is_not_utf8_is_refused() -> None:
    policy = TlogPolicy.parse(b"witness \xff " + A.encode() + b"\nquorum none\n")
    with pytest.raises(FormatError) as refused:
        import_policy(policy, "p")
    assert refused.value.reason == "policy-exchange.name"


def test_an_address_that_is_not_utf8_is_refused() -> None:
    policy = TlogPolicy.parse(b"witness A " + A.encode() + b" \xff\nquorum none\n")
    with pytest.raises(FormatError) as refused:
        import_policy(policy, "p")
    assert refused.value.reason == "policy-exchange.url"


W = [TrustedWitness(str(n), KEYS[n][0]) for n in range(3)]
UNSAYABLE = {
    "some of which are not the operator's": Quorum(2, 1, operator_run=frozenset("0")),
    "more than there are": Quorum(4),
    "more than can count": Quorum(
        group="g", groups=(Group("g", 3, ("0", "1", "2"), True),), operator_run=frozenset("0")
    ),
    "groups beside a number": Quorum(1, groups=(Group("g", 1, ("0",)),)),
}


@pytest.mark.parametrize("name", UNSAYABLE)
def test_what_no_tlog_policy_says_is_refused(name: str) -> None:
    with pytest.raises(FormatError) as refused:
        export_policy(TrustPolicy("p", witnesses=tuple(W), quorum=UNSAYABLE[name]))
    assert refused.value.reason == "policy-exchange.unsayable"


def test_a_witness_without_a_name_is_refused() -> None:
    with pytest.raises(FormatError) as refused:
        export_policy(TrustPolicy("p", witnesses=(TrustedWitness("", KEYS[0][0]),)))
    assert refused.value.reason == "policy-exchange.no-name"


# --- what a tlog-policy itself counts


@pytest.mark.parametrize(
    ("lines", "cosigners", "enough"),
    [
        ("group g 2 A B C", "A B", False),
        ("group g 2 A B C", "A C", True),
        ("group g 2 A B C", "B C", True),
        ("group g all A B C", "A B", False),
        ("group g all A B C", "A C", False),
        ("group g all A B C", "A B C", True),
        ("group g all A B", "A", False),
        ("group g all A B", "A B", True),
        ("group g any A B", "B", True),
    ],
)
def test_the_keys_of_one_witness_count_once(lines: str, cosigners: str, enough: bool) -> None:
    text = f"witness A {A}\nwitness B {B}\nwitness C {C}\n{lines}\nquorum g\n"
    assert TlogPolicy.parse(text.encode()).satisfied_by(cosigners.encode().split()) is enough


def test_the_keys_of_one_witness_in_two_groups_are_refused() -> None:
    text = (
        f"witness A {A}\nwitness B {B}\nwitness C {C}\n"
        "group g any A C\ngroup h any B\ngroup q all g h\nquorum q\n"
    )
    with pytest.raises(FormatError) as refused:
        TlogPolicy.parse(text.encode())
    assert refused.value.reason == "tlog-policy.same-witness"
