"""The commands that check what others made: timestamps, tlog-proofs, tiled logs."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
from evidence_ledger.adapters.timestamping.http import HttpAuthority
from evidence_ledger.adapters.timestamping.local import create_local_authority, open_local_authority
from evidence_ledger.core.timestamp_request import build_request
from evidence_ledger.errors import AuthorityUnreachable
from tests.cli.conftest import Run
from tests.revocation_factory import DAY, Gone, answer, crl
from tests.token_factory import AUTHORITY, DATA, ROOT, token
from tests.x509_factory import NOW

LOG_KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    """The data under the corpus's tokens."""
    path = tmp_path / "hello"
    path.write_bytes(b"hello")
    return path


def test_a_real_token_passes_for_its_data(corpus: Path, hello: Path, evidence: Run) -> None:
    folder = corpus / "rfc3161" / "sigstage"
    roots = ("--roots", folder / "ts_chain.pem")
    token = folder / "response-sha512.tsr"
    checked = evidence("timestamp", "verify", token, "--data", hello, *roots, "--json")
    assert checked.code == 0, checked.out
    digest = f"sha512:{hashlib.sha512(b'hello').hexdigest()}"
    assert checked.document["facts"]["digest"] == digest
    assert evidence("timestamp", "verify", token, "--digest", digest, *roots).code == 0


def test_a_token_over_other_data_fails(corpus: Path, hello: Path, evidence: Run) -> None:
    folder = corpus / "rfc3161" / "sigstage"
    hello.write_bytes(b"hellp")
    answer = evidence(
        "timestamp", "verify", folder / "response-sha512.tsr", "--data", hello,
        "--roots", folder / "ts_chain.pem", "--json",
    )  # fmt: skip
    assert answer.code == 1
    assert "timestamp.imprint-mismatch" in answer.out


def test_another_root_decides_nothing(corpus: Path, hello: Path, evidence: Run) -> None:
    folder = corpus / "rfc3161"
    answer = evidence(
        "timestamp", "verify", folder / "sigstage" / "response-sha512.tsr", "--data", hello,
        "--roots", folder / "identrust" / "ts_chain.pem",
    )  # fmt: skip
    assert answer.code == 3


def test_revocation_data_decides(tmp_path: Path, evidence: Run) -> None:
    (tmp_path / "data").write_bytes(DATA)
    (tmp_path / "t.tst").write_bytes(token())
    (tmp_path / "roots.pem").write_bytes(ROOT.pem)
    (tmp_path / "fine.crl").write_bytes(crl(ROOT))
    (tmp_path / "fine.ocsp").write_bytes(answer(AUTHORITY, ROOT))
    gone = Gone(AUTHORITY, NOW - DAY, x509.ReasonFlags.superseded)
    pem = x509.load_der_x509_crl(crl(ROOT, gone)).public_bytes(Encoding.PEM)
    (tmp_path / "gone.pem").write_bytes(pem)
    (tmp_path / "junk").write_bytes(b"junk")
    usual = [tmp_path / "t.tst", "--data", tmp_path / "data", "--roots", tmp_path / "roots.pem"]
    usual += ["--at", "2026-11-24"]

    def run(*options: object) -> int:
        return evidence("timestamp", "verify", *usual, *options).code

    assert run() == 0
    assert run("--revocation-demanded") == 3
    assert run("--revocation-demanded", "--crl", tmp_path / "fine.crl") == 0
    assert run("--revocation-demanded", "--ocsp", tmp_path / "fine.ocsp") == 0
    assert run("--crl", tmp_path / "fine.crl", "--crl", tmp_path / "gone.pem") == 1
    assert run("--crl", tmp_path / "junk") == 4
    assert run("--ocsp", tmp_path / "junk") == 4


def test_what_is_no_token_fails(tmp_path: Path, corpus: Path, hello: Path, evidence: Run) -> None:
    roots = corpus / "rfc3161" / "sigstage" / "ts_chain.pem"
    for data in (b"", b"no token", bytes(5_000_000)):
        (tmp_path / "bad.tsr").write_bytes(data)
        answer = evidence(
            "timestamp", "verify", tmp_path / "bad.tsr", "--data", hello, "--roots", roots
        )
        assert answer.code == 1


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        ["--data", "x", "--digest", "sha256:00"],
        ["--digest", "sha256:00"],
        ["--digest", "nosuch:00"],
        ["--digest", f"sha256:{'0' * 64}", "--nonce", "many"],
    ],
)
def test_wrong_usage_is_2(wrong: list[str], evidence: Run) -> None:
    assert evidence("timestamp", "verify", "t", "--roots", "r", *wrong).code == 2


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An authority that answers in place of the network; its root in PEM."""
    folder = tmp_path / "authority"
    folder.mkdir()
    create_local_authority(folder, SystemClock(), SystemEntropy())
    local = open_local_authority(folder, SystemClock(), SystemEntropy())
    monkeypatch.setattr(HttpAuthority, "send", lambda _, request: local.answer(request))
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    root = x509.load_der_x509_certificate(local.roots[0])
    (tmp_path / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    return tmp_path / "root.pem"


@pytest.mark.parametrize("digest", ["sha256", "sha512"])
def test_a_timestamp_is_asked_for_and_checked(
    tmp_path: Path, hello: Path, authority: Path, evidence: Run, digest: str
) -> None:
    out = tmp_path / "t.tsr"
    asked = evidence(
        "timestamp", "request", hello, "--authority", "http://tsa.example", "--out", out,
        "--digest", digest, "--json",
    )  # fmt: skip
    assert asked.code == 0, asked.err
    options = ("--data", hello, "--roots", authority, "--nonce")
    right = evidence("timestamp", "verify", out, *options, asked.document["nonce"])
    assert right.code == 0
    assert evidence("timestamp", "verify", out, *options, "1").code == 1


def test_an_answer_to_another_request_is_not_kept(
    tmp_path: Path, hello: Path, authority: Path, evidence: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = HttpAuthority.send
    other = build_request("sha256", bytes(32), 5)
    monkeypatch.setattr(HttpAuthority, "send", lambda self, _: real(self, other))
    assert authority.exists()
    out = tmp_path / "t.tsr"
    answer = evidence("timestamp", "request", hello, "--authority", "http://x", "--out", out)
    assert answer.code == 52
    assert not out.exists()


def test_an_authority_that_is_silent_is_told(
    tmp_path: Path, hello: Path, evidence: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> bytes:
        raise AuthorityUnreachable("The authority did not answer.")

    monkeypatch.setattr(HttpAuthority, "send", silent)
    out = tmp_path / "t.tsr"
    answer = evidence("timestamp", "request", hello, "--authority", "http://x", "--out", out)
    assert (answer.code, answer.out) == (51, "")
    assert not out.exists()


def test_a_production_proof(corpus: Path, tmp_path: Path, evidence: Run) -> None:
    folder = corpus / "tlog-proof"
    keys = [line for line in (folder / "vkeys.txt").read_text().split("\n") if "+" in line]
    log, witness, *_ = [line for line in keys if not line.startswith("#")]
    policy = tmp_path / "policy"
    policy.write_text(f"log {log}\nwitness W {witness}\nquorum W\n")
    leaf = folder / "leaf_7271.raw"
    arguments = ("proof", "verify", folder / "proof_7271.tlog-proof", "--policy", policy, "--leaf")
    assert evidence(*arguments, leaf).code == 0
    (tmp_path / "leaf").write_bytes(leaf.read_bytes() + b"\n")
    assert evidence(*arguments, tmp_path / "leaf").code == 1
    assert evidence(*arguments, tmp_path / "nothing").code == 11
    policy.write_text("nonsense\n")
    assert evidence(*arguments, leaf).code == 4


def test_a_real_log(corpus: Path, tmp_path: Path, evidence: Run) -> None:
    log = tmp_path / "log"
    shutil.copytree(corpus / "tessera-log", log, copy_function=shutil.copyfile)
    passed = evidence("log", "audit", log, "--vkey", LOG_KEY, "--json")
    assert passed.code == 0
    assert passed.document["facts"]["size"] == 15
    bundle = log / "tile" / "entries" / "000.p" / "15"
    data = bundle.read_bytes()
    bundle.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert evidence("log", "audit", log, "--vkey", LOG_KEY).code == 1
    bundle.unlink()
    assert evidence("log", "audit", log, "--vkey", LOG_KEY).code == 3
    assert evidence("log", "audit", log, "--vkey", "nonsense").code == 4


@pytest.mark.parametrize("oid", ["nonsense", "1..2", "3.1", "1.2.x", ""])
def test_a_mistyped_policy_is_no_proof_of_a_defect(tmp_path: Path, evidence: Run, oid: str) -> None:
    (tmp_path / "t").write_bytes(token())
    (tmp_path / "data").write_bytes(DATA)
    (tmp_path / "roots").write_bytes(ROOT.pem)
    words = ("timestamp", "verify", tmp_path / "t", "--data", tmp_path / "data")
    given = (*words, "--roots", tmp_path / "roots", "--policy-oid")
    assert evidence(*given, oid).code == 2
    other = evidence(*given, "1.2.3.5", "--json")
    assert (other.code, "timestamp.policy-mismatch" in other.out) == (1, True)


@pytest.mark.parametrize("address", ["nonsense", "http://", "http://[::1", "ftp://tsa.example/"])
def test_what_is_no_address_of_an_authority_is_wrong_usage(
    tmp_path: Path, evidence: Run, address: str
) -> None:
    (tmp_path / "data").write_bytes(DATA)
    words = ("timestamp", "request", tmp_path / "data", "--out", tmp_path / "t")
    assert evidence(*words, "--authority", address).code == 2


def test_what_is_malformed_is_told_with_the_file_that_it_is_in(
    tmp_path: Path, evidence: Run
) -> None:
    for name, data in (("bad", b"\x30\x01"), ("t", token()), ("data", DATA), ("r", ROOT.pem)):
        (tmp_path / name).write_bytes(data)
    bad, out = tmp_path / "bad", tmp_path / "out"
    token_check = ("timestamp", "verify", tmp_path / "t", "--data", tmp_path / "data")
    watch = ("monitor", "http://127.0.0.1:9", "--vkey", LOG_KEY, "--state", out, "--once")
    for words in (
        ("policy", "import", bad, "--out", out),
        ("proof", "verify", bad, "--leaf", bad, "--policy", bad),
        (*token_check, "--roots", bad),
        (*token_check, "--roots", tmp_path / "r", "--crl", bad),
        (*token_check, "--roots", tmp_path / "r", "--ocsp", bad),
        (*watch, "--held", bad),
        (*watch, "--watch-signer", bad),
    ):
        answer = evidence(*words)
        assert (answer.code, str(bad) in answer.err) == (4, True), words


def test_a_monitor_wants_a_folder(tmp_path: Path, evidence: Run) -> None:
    (tmp_path / "state").write_bytes(b"")
    answer = evidence(
        "monitor", "http://127.0.0.1:9", "--vkey", LOG_KEY, "--state", tmp_path / "state", "--once"
    )
    assert (answer.code, "must be a folder" in answer.err) == (15, True)
