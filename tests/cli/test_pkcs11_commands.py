"""A notary's key in a token: imported, named, asked for its PIN, and never without a word."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from evidence_ledger.adapters.keys.pkcs11_library import close_libraries
from tests.cli.conftest import Answer, Run
from tests.softhsm import PIN, SoftHsm, SoftToken, hsm, needs_softhsm
from tests.x509_factory import issue

__all__ = ["hsm"]

pytestmark = needs_softhsm

ROOT = issue("Chamber of notaries", authority=True)
NOTARY = issue("Notary Wang", ROOT)
KEY = "notary.pem"
COMMAND = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER"]
COMMAND += ["-CAfile", "root.pem"]


@pytest.fixture
def token(desk: Path, hsm: SoftHsm) -> SoftToken:
    """A token with a notary's key, beside a ledger."""
    del desk
    token = hsm.token("Notary Wang")
    token.add(NOTARY, certificates=(NOTARY, ROOT))
    return token


@pytest.fixture
def pin(token: SoftToken) -> Path:
    """A file with its PIN."""
    del token
    path = Path("pin")
    path.write_text(f"{PIN}\n")
    return path


def take(evidence: Run, token: SoftToken, *more: str | Path) -> Answer:
    answer = evidence("key", "import", "--pkcs11", token.hsm.module, "--out", KEY, *more)
    close_libraries()
    return answer


def test_the_whole_story(evidence: Run, token: SoftToken, pin: Path) -> None:
    made = take(evidence, token, "--password-file", pin, "--json")
    assert made.code == 0, made.err
    assert made.document["subject"] == "CN=Notary Wang"
    assert made.document["token"] == "Notary Wang"
    assert (made.document["key_label"], made.document["key_id"]) == ("signing", "0102")
    shown = evidence("key", "show", KEY, "--json")
    assert shown.document == made.document
    answer = evidence(
        "deposit", "case", "--key", KEY, "--password-file", pin, "--out", "notary.asice"
    )
    assert answer.code == 0, answer.err
    Path("root.pem").write_bytes(ROOT.pem)
    line = answer.err.partition("trust policy: [[signer]] ")[2].partition("\n")[0]
    own = Path("ledger/trust.toml").read_text()
    Path("notary.toml").write_text(f"{own}\n[[signer]]\n{line}\n")
    checked = evidence("verify", "notary.asice", "case", "--policy", "notary.toml")
    assert checked.code == 0, checked.out
    assert "CN=Notary Wang" in checked.out
    for said in (made, shown, answer, checked):
        assert PIN not in said.out + said.err
    assert PIN.encode() not in Path(KEY).read_bytes()


def test_openssl_verifies_the_statement(evidence: Run, token: SoftToken, pin: Path) -> None:
    take(evidence, token, "--password-file", pin)
    deposit = ("deposit", "case", "--key", KEY, "--password-file", pin, "--out", "notary.asice")
    assert evidence(*deposit).code == 0
    subprocess.run(["unzip", "-q", "notary.asice", "-d", "open"], check=True)
    Path("root.pem").write_bytes(ROOT.pem)
    done = subprocess.run(
        [*COMMAND, "-in", "open/statement.json.p7s", "-content", "open/statement.json"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_pin_is_typed_where_there_is_a_terminal(
    evidence: Run, token: SoftToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def typed(text: str, **_: object) -> str:
        asked.append(text)
        return PIN

    monkeypatch.setattr("click.prompt", typed)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    assert take(evidence, token).code == 0
    assert evidence("deposit", "case", "--key", KEY, "--out", "a.asice").code == 0
    assert asked == ["PIN of the token 'Notary Wang'"] * 2
    assert evidence("key", "show", KEY).code == 0
    assert len(asked) == 2


def test_the_pin_is_in_the_environment(
    evidence: Run, token: SoftToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = take(evidence, token)
    assert answer.code == 47
    assert "EVIDENCE_PIN" in answer.err
    assert not Path(KEY).exists()
    monkeypatch.setenv("EVIDENCE_PIN", PIN)
    assert take(evidence, token).code == 0
    assert evidence("deposit", "case", "--key", KEY, "--out", "a.asice").code == 0


def test_a_wrong_pin_stops_before_any_file_is_read(
    evidence: Run, token: SoftToken, pin: Path
) -> None:
    take(evidence, token, "--password-file", pin)
    pin.write_text("0000\n")
    answer = evidence("deposit", "missing", "--key", KEY, "--password-file", pin, "--json")
    assert answer.code == 47
    assert answer.document["error"]["code"] == "key.wrong-pin"
    assert "0000" not in answer.out + answer.err


def test_the_operator_signs_seals_with_a_token(
    evidence: Run, token: SoftToken, pin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(evidence, token, "--password-file", pin)
    assert evidence("deposit", "case/lease.txt", "--out", "a.asice").code == 0
    rotated = evidence("register", "rotate", KEY, "--password-file", pin)
    assert rotated.code == 0, rotated.err
    assert Path("ledger/keys/operator.pem").read_bytes() == Path(KEY).read_bytes()
    close_libraries()
    assert evidence("list").code == 0
    assert evidence("show", "0").code == 0
    without = evidence("deposit", "case/合同.pdf", "--out", "b.asice")
    assert without.code == 47
    assert "EVIDENCE_OPERATOR_PIN" in without.err
    monkeypatch.setenv("EVIDENCE_OPERATOR_PIN", PIN)
    answer = evidence("deposit", "case/合同.pdf", "--out", "b.asice")
    assert answer.code == 0, answer.err
    policy = ("--policy", "ledger/trust.toml")
    assert evidence("verify", "b.asice", "case/合同.pdf", *policy).code == 0
    audited = evidence("audit")
    assert audited.code == 0, audited.out


def test_a_depositor_rotates_from_a_file_to_a_token(
    evidence: Run, token: SoftToken, pin: Path
) -> None:
    take(evidence, token, "--password-file", pin)
    old = Path("ledger/keys/depositor.pem")
    rotated = evidence("register", "rotate", KEY, "--key", old, "--password-file", pin)
    assert rotated.code == 0, rotated.err
    assert evidence("audit").code == 0


def test_the_token_that_is_not_there(evidence: Run, token: SoftToken, pin: Path) -> None:
    take(evidence, token, "--password-file", pin)
    token.hsm.remove()
    answer = evidence("deposit", "case", "--key", KEY, "--password-file", pin)
    assert answer.code == 45
    assert "'Notary Wang' is not there" in answer.err
    assert "Traceback" not in answer.err


def test_a_key_is_chosen(evidence: Run, token: SoftToken, pin: Path) -> None:
    token.add(issue("Second"), "second", b"\xab\xcd")
    other = token.hsm.token("Other")
    other.add(issue("Third"))
    chosen = ("--password-file", pin, "--token", "Notary Wang")
    assert take(evidence, token, "--password-file", pin).code == 46
    assert take(evidence, token, *chosen).code == 46
    assert take(evidence, token, *chosen, "--label", "none").code == 49
    assert take(evidence, token, *chosen, "--id", "AB:CD", "--json").document["subject"] == (
        "CN=Second"
    )


def test_a_certificate_from_a_file(evidence: Run, token: SoftToken, pin: Path) -> None:
    other = token.hsm.token("Other")
    other.add(NOTARY, certificates=())
    chosen = ("--password-file", pin, "--token", "Other")
    assert take(evidence, token, *chosen).code == 49
    Path("other.pem").write_bytes(ROOT.pem)
    assert take(evidence, token, *chosen, "--certificates", "other.pem").code == 43
    Path("none.pem").write_text("none")
    assert take(evidence, token, *chosen, "--certificates", "none.pem").code == 41
    pem = NOTARY.certificate.public_bytes(Encoding.PEM)
    Path("own.pem").write_bytes(pem + ROOT.pem)
    made = take(evidence, token, *chosen, "--certificates", "own.pem", "--json")
    assert made.document["chain"] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["--pkcs11", "/x.so", "key.pem"],
        ["--pkcs11", "/x.so", "--no-password"],
        ["--pkcs11", "/x.so", "--new-password-file", "f"],
        ["--pkcs11", "/x.so", "--id", "xyz"],
        ["--token", "T", "key.pem"],
        ["--label", "L", "key.pem"],
        ["--id", "01", "key.pem"],
        ["--pss", "key.pem"],
        [],
    ],
)
def test_what_makes_no_sense_is_wrong_usage(evidence: Run, arguments: list[str]) -> None:
    answer = evidence("key", "import", *arguments, "--out", "new.pem")
    assert answer.code == 2, answer.err


def test_a_file_for_a_token_is_copied_by_import(evidence: Run, token: SoftToken, pin: Path) -> None:
    take(evidence, token, "--password-file", pin)
    assert evidence("key", "import", KEY, "--out", "copy.pem").code == 0
    assert Path("copy.pem").read_bytes() == Path(KEY).read_bytes()


def test_an_existing_file_is_never_overwritten(evidence: Run, token: SoftToken, pin: Path) -> None:
    Path(KEY).write_text("mine")
    assert take(evidence, token, "--password-file", pin).code == 14
    assert Path(KEY).read_text() == "mine"


def test_without_the_extra_it_is_told_what_to_install(
    evidence: Run, token: SoftToken, pin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    answer = take(evidence, token, "--password-file", pin)
    assert answer.code == 44
    assert "pip install 'evidence-ledger[pkcs11]'" in answer.err
