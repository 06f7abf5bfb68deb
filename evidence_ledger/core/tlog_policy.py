"""Trust policies of tiled logs (C2SP tlog-policy): which logs, and how many of which witnesses.

    log example.com/log+1a2b3c4d+AQ…
    witness X1 w1.example+2b3c4d5e+BA…
    witness X2 w2.example+3c4d5e6f+BA… https://w2.example/
    group X any X1 X2
    quorum X

Names are octets, not text: two spellings of one letter are two names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from evidence_ledger.core.verifier_key import KeyType, VerifierKey
from evidence_ledger.errors import FormatError, Undecided

LARGEST_POLICY = 1 << 22
MOST_LINES = 1024
NO_QUORUM = b"none"
LOG_TYPES = frozenset(
    {KeyType.ED25519, KeyType.ECDSA, KeyType.ED25519_COSIGNATURE, KeyType.ML_DSA_44}
)
WITNESS_TYPES = frozenset({KeyType.ED25519_COSIGNATURE, KeyType.ML_DSA_44})

_FORBIDDEN = re.compile(rb"[^\t\n\x20-\x7e\x80-\xff]")
_THRESHOLD = re.compile(rb"[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class PolicyLog:
    """A log: the name of its key is its origin."""

    key: VerifierKey
    url: bytes | None = None


@dataclass(frozen=True, slots=True)
class PolicyWitness:
    """A witness. ``name`` means something within the policy only."""

    name: bytes
    key: VerifierKey
    url: bytes | None = None


@dataclass(frozen=True, slots=True)
class PolicyGroup:
    """Cosigned when at least ``threshold`` of its members are."""

    name: bytes
    threshold: int
    members: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class TlogPolicy:
    """Any of ``logs``, cosigned as ``quorum`` says (the name of a witness or group, or none).

    Only ``parse`` checks that names are defined and keys distinct.
    """

    logs: tuple[PolicyLog, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: tuple[PolicyGroup, ...]
    quorum: bytes

    def satisfied_by(self, cosigners: Iterable[bytes]) -> bool:
        """Whether these witnesses, by their names in the policy, are enough.

        Keys of one cosigner's name are one witness, which counts once beside others.
        """
        cosigner = {one.name: one.key.name for one in self.witnesses}
        holds = cosigner.keys() & set(cosigners)
        for group in self.groups:
            if _is_held(group, holds, cosigner):
                holds.add(group.name)
        return self.quorum == NO_QUORUM or self.quorum in holds

    def encode(self) -> bytes:
        """A text that ``parse`` reads as this policy."""
        rows = [(b"log", log.key.encode().encode(), log.url) for log in self.logs]
        lines = [b" ".join(word for word in row if word is not None) for row in rows]
        lines += [_witness_line(witness) for witness in self.witnesses]
        lines += [_group_line(group) for group in self.groups]
        return b"".join(line + b"\n" for line in (*lines, b"quorum " + self.quorum))

    @classmethod
    def parse(cls, data: bytes) -> TlogPolicy:
        """The policy in a file of octets. Raises FormatError, and Undecided for a key type."""
        _check_octets(data)
        draft = _Draft()
        for number, line in enumerate(data.split(b"\n")[:-1], 1):
            words = [word for word in re.split(rb"[ \t]+", line) if word]
            if words and not words[0].startswith(b"#"):
                draft.take(words, f"policy, line {number}")
        return draft.finish()


def _is_held(group: PolicyGroup, holds: set[bytes], cosigner: Mapping[bytes, str]) -> bool:
    """Whether enough members hold, where the keys of one cosigner are one, beside others.

    When all members hold, nothing more can be asked.
    """
    have = [one for one in group.members if one in holds]
    whose = {cosigner.get(one, one) for one in group.members}
    of_one = len(whose) == 1 and group.members[0] in cosigner
    count = len(have) if of_one else len({cosigner.get(one, one) for one in have})
    return count >= group.threshold or len(have) == len(group.members)


def shown(name: bytes) -> str:
    """A name for messages and reports."""
    return name.decode("utf-8", "backslashreplace")


def _witness_line(witness: PolicyWitness) -> bytes:
    words = (b"witness", witness.name, witness.key.encode().encode(), witness.url)
    return b" ".join(word for word in words if word is not None)


def _group_line(group: PolicyGroup) -> bytes:
    return b" ".join((b"group", group.name, b"%d" % group.threshold, *group.members))


def _check_octets(data: bytes) -> None:
    if len(data) > LARGEST_POLICY or data.count(b"\n") > MOST_LINES:
        raise FormatError(
            "tlog-policy.too-large",
            f"The policy has more than {LARGEST_POLICY} bytes or {MOST_LINES} lines.",
        )
    wrong = _FORBIDDEN.search(data)
    if wrong:
        raise FormatError(
            "tlog-policy.control-character",
            "The policy holds a control character.",
            where=f"policy, byte {wrong.start()}",
            hint="Save it with lines that end in a newline alone.",
        )
    if not data.endswith(b"\n"):
        raise FormatError("tlog-policy.unfinished", "The policy's last line has no newline.")


@dataclass(slots=True)
class _Draft:
    """The policy as far as it has been read."""

    logs: list[PolicyLog] = field(default_factory=list)
    witnesses: list[PolicyWitness] = field(default_factory=list)
    groups: list[PolicyGroup] = field(default_factory=list)
    quorum: bytes | None = None
    names: set[bytes] = field(default_factory=set)
    members: set[bytes] = field(default_factory=set)

    def take(self, words: Sequence[bytes], where: str) -> None:
        readers = {
            b"log": self._log,
            b"witness": self._witness,
            b"group": self._group,
            b"quorum": self._quorum,
        }
        if words[0] not in readers:
            raise FormatError(
                "tlog-policy.unknown-word",
                "A line does not start with log, witness, group or quorum.",
                where=where,
            )
        readers[words[0]](words[1:], where)

    def finish(self) -> TlogPolicy:
        if self.quorum is None:
            raise FormatError("tlog-policy.no-quorum", "The policy has no quorum line.")
        self._check_cosigners()
        return TlogPolicy(tuple(self.logs), tuple(self.witnesses), tuple(self.groups), self.quorum)

    def _check_cosigners(self) -> None:
        """One witness contributes in one way only, with whichever of its keys."""
        cosigner = {one.name: one.key.name for one in self.witnesses}
        groups: dict[str, bytes] = {}
        for group in self.groups:
            for name in group.members:
                whose = cosigner.get(name)
                if whose and groups.setdefault(whose, group.name) != group.name:
                    raise FormatError(
                        "tlog-policy.same-witness",
                        f"Keys of {whose} are members of two groups.",
                        hint="Put all keys of one witness into one group.",
                    )

    def _log(self, words: Sequence[bytes], where: str) -> None:
        _check_count(words, 1, 2, where)
        key = _key(words[0], LOG_TYPES, where)
        _refuse_repeat(key, [log.key for log in self.logs], where)
        self.logs.append(PolicyLog(key, *words[1:]))

    def _witness(self, words: Sequence[bytes], where: str) -> None:
        _check_count(words, 2, 3, where)
        self._define(words[0], where)
        key = _key(words[1], WITNESS_TYPES, where)
        _refuse_repeat(key, [witness.key for witness in self.witnesses], where)
        self.witnesses.append(PolicyWitness(words[0], key, *words[2:]))

    def _group(self, words: Sequence[bytes], where: str) -> None:
        _check_count(words, 3, MOST_LINES, where)
        name, threshold, *members = words
        for member in members:
            self._join(member, where)
        self._define(name, where)
        self.groups.append(
            PolicyGroup(name, _threshold(threshold, len(members), where), tuple(members))
        )

    def _quorum(self, words: Sequence[bytes], where: str) -> None:
        _check_count(words, 1, 1, where)
        if self.quorum is not None:
            raise FormatError("tlog-policy.two-quorums", "A second quorum line.", where=where)
        if words[0] != NO_QUORUM and words[0] not in self.names:
            raise FormatError(
                "tlog-policy.undefined", f"No {shown(words[0])} is defined above.", where=where
            )
        self.quorum = words[0]

    def _define(self, name: bytes, where: str) -> None:
        if name in self.names or name == NO_QUORUM:
            raise FormatError(
                "tlog-policy.name-taken", f"The name {shown(name)} is taken.", where=where
            )
        self.names.add(name)

    def _join(self, name: bytes, where: str) -> None:
        if name not in self.names:
            raise FormatError(
                "tlog-policy.undefined", f"No {shown(name)} is defined above.", where=where
            )
        if name in self.members:
            raise FormatError(
                "tlog-policy.member-twice",
                f"{shown(name)} is a member of a group already.",
                where=where,
            )
        self.members.add(name)


def _check_count(words: Sequence[bytes], fewest: int, most: int, where: str) -> None:
    if not fewest <= len(words) <= most:
        raise FormatError("tlog-policy.words", "A line has too few or too many words.", where=where)


def _key(word: bytes, types: frozenset[KeyType], where: str) -> VerifierKey:
    try:
        key = VerifierKey.parse(word.decode())
    except UnicodeDecodeError as error:
        raise FormatError("tlog-policy.key-utf8", "A key is not UTF-8.", where=where) from error
    except FormatError as error:
        error.where = where
        raise
    if key.type not in types | LOG_TYPES:
        raise Undecided(
            "tlog-policy.unknown-key-type",
            f"Signatures of type 0x{key.type:02x} can't be checked here.",
            where=where,
        )
    if key.type not in types:
        raise FormatError(
            "tlog-policy.key-type", "This type of key does not make cosignatures.", where=where
        )
    return key


def _refuse_repeat(key: VerifierKey, others: Sequence[VerifierKey], where: str) -> None:
    if any(key.key == other.key for other in others):
        raise FormatError(
            "tlog-policy.same-key", "Two lines hold the same public key.", where=where
        )


def _threshold(word: bytes, members: int, where: str) -> int:
    if word in (b"all", b"any"):
        return members if word == b"all" else 1
    if not _THRESHOLD.fullmatch(word) or int(word) > members:
        raise FormatError(
            "tlog-policy.threshold",
            f"A group of {members} needs all, any or a number from 1 to {members}.",
            where=where,
        )
    return int(word)
