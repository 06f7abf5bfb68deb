"""Signed requests: the vectors of RFC 9421, and every way to be refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.http_request import HttpRequest
from evidence_ledger.core.http_signature import check_digest, check_request, signature_base
from evidence_ledger.core.public_key import PublicKey, parse_public_key
from evidence_ledger.core.request_algorithm import algorithm_of, verifies
from evidence_ledger.core.request_signing import prepare
from evidence_ledger.core.structured_field import (
    Item,
    bytes_text,
    parse_byte_list,
    parse_bytes,
    parse_lists,
    string_text,
)
from evidence_ledger.errors import EvidenceError, FormatError, Refused, UsageError
from tests.fakes import signer_of
from tests.x509_factory import NOW, Holder, issue, key_of

RSA_PSS = """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2
+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+
oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq
gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W
Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4
aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI
2wIDAQAB
-----END PUBLIC KEY-----
"""
P256 = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf
w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==
-----END PUBLIC KEY-----
"""
ED25519 = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----
"""
DIGEST = (
    "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJ"
    "wew==:"
)
ANSWER_DIGEST = (
    "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGg"
    "fLQ==:"
)
REQUEST = HttpRequest(
    "POST",
    "https",
    "example.com",
    "/foo",
    "param=Value&Pet=dog",
    [
        ("host", "example.com"),
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("content-type", "application/json"),
        ("content-digest", DIGEST),
        ("content-length", "18"),
    ],
)
ANSWER = {
    "@status": "200",
    "content-type": "application/json",
    "content-digest": ANSWER_DIGEST,
    "content-length": "23",
}
# RFC 9421, appendix B.2: name, key, Signature-Input, Signature.
VECTORS = [
    (
        "sig-b21",
        RSA_PSS,
        '();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"',
        "d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8U"
        "dx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJz"
        "sPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s"
        "++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q==",
    ),
    (
        "sig-b22",
        RSA_PSS,
        '("@authority" "content-digest" "@query-param";name="Pet");created=1618884473'
        ';keyid="test-key-rsa-pss";tag="header-example"',
        "LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7"
        "KT8UCMkSowOB4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTla"
        "qwZVtR8NV7+4UKkjqpcAoFqWFQh62s7Cl+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVk"
        "SFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/XaVe4bXTugEjHSw==",
    ),
    (
        "sig-b23",
        RSA_PSS,
        '("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" '
        '"content-length");created=1618884473;keyid="test-key-rsa-pss"',
        "bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5"
        "p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aY"
        "A2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+Q"
        "IF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA==",
    ),
    (
        "sig-b24",
        P256,
        '("@status" "content-type" "content-digest" "content-length");created=1618884473'
        ';keyid="test-key-ecc-p256"',
        "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==",
    ),
    (
        "sig-b26",
        ED25519,
        '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473'
        ';keyid="test-key-ed25519"',
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==",
    ),
]


def key(pem: str) -> PublicKey:
    loaded = load_pem_public_key(pem.encode())
    return parse_public_key(
        loaded.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )


def value_in(label: str) -> Callable[[Item], str]:
    """The value of a component in the RFC's test message; its parameters are the RFC's own."""
    if label == "sig-b24":
        return lambda item: ANSWER[item.value]
    return lambda item: "dog" if item.value == "@query-param" else REQUEST.component(item)


@pytest.mark.parametrize(("label", "pem", "told", "signature"), VECTORS)
def test_the_vectors_of_the_rfc(label: str, pem: str, told: str, signature: str) -> None:
    covered = parse_lists(f"{label}={told}", what="Signature-Input")[label]
    found = parse_bytes(f"{label}=:{signature}:", what="Signature")[label]
    base = signature_base(covered, value_in(label))
    assert verifies(key(pem), None, found, base)
    assert not verifies(key(pem), None, found, base + b" ")
    assert not verifies(key(pem), None, bytes([found[0] ^ 1]) + found[1:], base)
    assert not verifies(key(pem), None, found[:-1], base)


def test_the_signature_base_that_the_rfc_prints() -> None:
    label, _, told, _ = VECTORS[1]
    covered = parse_lists(f"{label}={told}", what="Signature-Input")[label]
    assert signature_base(covered, value_in(label)).decode() == (
        '"@authority": example.com\n'
        f'"content-digest": {DIGEST}\n'
        '"@query-param";name="Pet": dog\n'
        f'"@signature-params": {told}'
    )


def test_the_digest_of_the_rfc() -> None:
    check_digest(DIGEST, b'{"hello": "world"}')
    for body in (b'{"hello": "world"}\n', b""):
        with pytest.raises(Refused):
            check_digest(DIGEST, body)
    with pytest.raises(Refused):
        check_digest("md5=:AAAA:", b"")


CA = issue("CA", authority=True)
SIGNERS = {
    "p256": issue("p256", CA, key=key_of("p256", 7)),
    "p384": issue("p384", CA, key=key_of("p384", 7)),
    "ed25519": issue("ed25519", CA, key=key_of("ed25519", 7)),
    "rsa2048": issue("rsa2048", CA, key=key_of("rsa2048", 7)),
}
WINDOW = timedelta(minutes=5)
GET = HttpRequest("GET", "https", "Ledger.example:443", "/v1/deposits/7/claims")
NONCE = b"n" * 16


def signed(
    request: HttpRequest = GET, holder: Holder = SIGNERS["p256"], body: bytes = b""
) -> HttpRequest:
    signer = signer_of(holder, CA)
    made = prepare(request, signer.chain, signer.scheme, NOW, NONCE, body)
    fields = made.fields(signer.sign(made.base))
    return replace(request, fields=(*request.fields, *fields))


@pytest.mark.parametrize("kind", list(SIGNERS))
@pytest.mark.parametrize("body", [b"", b"{}"])
def test_a_request_is_signed_and_checked(kind: str, body: bytes) -> None:
    request = signed(replace(GET, query="a=b"), SIGNERS[kind], body)
    found = check_request(request, body, NOW + timedelta(minutes=4), WINDOW)
    assert found.certificate.raw == SIGNERS[kind].der
    assert found.others == (CA.der,)
    assert found.created == NOW
    assert len(found.nonce) == 22


def reason(request: HttpRequest, body: bytes = b"", minutes: float = 0) -> str:
    with pytest.raises(EvidenceError) as caught:
        check_request(request, body, NOW + timedelta(minutes=minutes), WINDOW)
    return caught.value.reason


@pytest.mark.parametrize(
    "change",
    [
        {"method": "POST"},
        {"scheme": "http"},
        {"host": "other.example"},
        {"host": "ledger.example:8443"},
        {"path": "/v1/deposits/8/claims"},
        {"query": ""},
        {"query": "x"},
    ],
)
def test_a_signature_is_for_one_request(change: dict[str, Any]) -> None:
    assert reason(replace(signed(), **change)) == "http-signature.wrong"


def test_the_same_authority_in_another_form() -> None:
    check_request(replace(signed(), host="LEDGER.EXAMPLE"), b"", NOW, WINDOW)


def test_a_body_is_covered() -> None:
    request = signed(body=b"{}")
    assert reason(request, b"{} ") == "http-signature.digest"
    assert reason(signed(), b"{}") == "http-signature.body"
    extra = (("content-digest", f"sha-256={bytes_text(hashlib.sha256(b'{}').digest())}"),)
    assert reason(replace(signed(), fields=(*signed().fields, *extra)), b"{}") == (
        "http-signature.body"
    )


@pytest.mark.parametrize("minutes", [6, -6, 600_000])
def test_a_signature_is_fresh(minutes: float) -> None:
    assert reason(signed(), minutes=minutes) == "http-signature.stale"


def edited(name: str, old: str, new: str) -> HttpRequest:
    request = signed()
    fields = tuple(
        (known, value.replace(old, new, 1) if known == name else value)
        for known, value in request.fields
    )
    assert fields != tuple(request.fields)
    return replace(request, fields=fields)


CREATED = f"created={int(NOW.timestamp())}"
OTHER_KEY = issue("p256", CA, key=key_of("p256", 8))


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (edited("signature-input", '"@method" ', ""), "http-signature.covers"),
        (edited("signature-input", '"@target-uri" ', ""), "http-signature.covers"),
        (edited("signature-input", '"@method"', '"@method";req'), "http-signature.covers"),
        (edited("signature-input", '"@method"', '"@method" "@method"'), "http-signature.repeated"),
        (edited("signature-input", '"@method"', '"@method" "x"'), "http-signature.no-field"),
        (edited("signature-input", '"@method"', '"@method" "@x"'), "http-signature.component"),
        (edited("signature-input", '"@method"', '"@method" "@status"'), "http-signature.component"),
        (edited("signature-input", f";{CREATED}", ""), "http-signature.created"),
        (edited("signature-input", CREATED, f'created="{CREATED}"'), "http-signature.time"),
        (edited("signature-input", CREATED, "created"), "http-signature.time"),
        (edited("signature-input", CREATED, "created=999999999999999"), "http-signature.time"),
        (edited("signature-input", CREATED, f"{CREATED};expires=1"), "http-signature.stale"),
        (edited("signature-input", CREATED, f"{CREATED};x=1"), "http-signature.wrong"),
        (edited("signature-input", "nonce=", "nonsense="), "http-signature.nonce"),
        (edited("signature-input", "keyid=", "kind="), "http-signature.keyid"),
        (edited("signature-input", "ecdsa-p256-sha256", "ed25519"), "http-signature.algorithm"),
        (edited("signature-input", "ecdsa-p256-sha256", "none"), "http-signature.algorithm"),
        (edited("signature-input", "sig=", "sig2="), "http-signature.labels"),
        (edited("signature-input", "sig=", "sig=(),sig="), "field.repeated"),
        (edited("signature-input", "sig=", "sig2=(),sig="), "http-signature.labels"),
        (edited("signature-input", ";nonce", " ;nonce"), "field.malformed"),
        (edited("signature-input", ";nonce", ";created=1;nonce"), "field.repeated"),
        (edited("signature-input", "sig=", "sig="[:3] + "== "), "field.malformed"),
        (edited("signature", "sig=:", "sig=:A"), "field.malformed"),
        (edited("signature", "sig=:", "sig=:AAAA"), "http-signature.wrong"),
        (edited("evidence-certificate", ":M", ":N"), "http-signature.keyid"),
        (
            edited("evidence-certificate", bytes_text(CA.der), bytes_text(OTHER_KEY.der)),
            "http-signature.wrong",
        ),
        (replace(signed(), fields=()), "http-signature.no-field"),
        (replace(signed(), fields=signed().fields[1:]), "http-signature.no-field"),
        (replace(signed(), fields=(*signed().fields, signed().fields[-1])), "field.repeated"),
    ],
)
def test_what_is_not_signed_as_it_must_be_is_refused(request_: HttpRequest, code: str) -> None:
    assert reason(request_) == code


def test_a_signature_by_another_key_is_refused() -> None:
    signer = signer_of(OTHER_KEY, CA)
    own = signer_of(SIGNERS["p256"], CA)
    made = prepare(GET, own.chain, own.scheme, NOW, NONCE)
    fields = made.fields(signer.sign(made.base))
    assert reason(replace(GET, fields=tuple(fields))) == "http-signature.wrong"


def test_a_target_in_parts_is_as_good() -> None:
    signer = signer_of(SIGNERS["ed25519"])
    keyid = hashlib.sha256(signer.chain[0]).hexdigest()
    text = f'("@method" "@authority" "@path" "@query");{CREATED};nonce="{"n" * 16}";keyid="{keyid}"'
    covered = parse_lists(f"a={text}", what="x")["a"]
    signature = signer.sign(signature_base(covered, GET.component))
    fields = (
        ("signature-input", f"a={text}"),
        ("signature", f"a={bytes_text(signature)}"),
        ("evidence-certificate", bytes_text(signer.chain[0])),
    )
    found = check_request(replace(GET, fields=fields), b"", NOW, WINDOW)
    assert found.certificate.raw == SIGNERS["ed25519"].der


def test_rsa_is_pss_unless_it_says_otherwise() -> None:
    loaded = parse_public_key(
        SIGNERS["rsa2048"]
        .key.public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    signer = signer_of(SIGNERS["rsa2048"])
    pkcs1 = signer.sign(b"x")
    assert isinstance(SIGNERS["rsa2048"].key, rsa.RSAPrivateKey)
    assert not verifies(loaded, None, pkcs1, b"x")
    assert verifies(loaded, "rsa-v1_5-sha256", pkcs1, b"x")


def test_a_scheme_without_an_algorithm_is_wrong_usage() -> None:
    with pytest.raises(UsageError) as caught:
        algorithm_of("rsa-pss-sha256")
    assert "RFC 9421" in str(caught.value.hint)


TEXTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))


@given(
    st.lists(TEXTS, max_size=4),
    st.dictionaries(
        st.from_regex(r"[a-z*][a-z0-9_.*-]{0,5}", fullmatch=True),
        TEXTS | st.integers(-(10**15) + 1, 10**15 - 1),
        max_size=4,
    ),
)
def test_lists_are_read_as_they_are_written(
    values: list[str], parameters: dict[str, str | int]
) -> None:
    inner = " ".join(map(string_text, values))
    tail = "".join(
        f";{name}={string_text(one) if isinstance(one, str) else one}"
        for name, one in parameters.items()
    )
    found = parse_lists(f"a=({inner}){tail}", what="x")["a"]
    assert [item.value for item in found.items] == values
    assert found.parameters == parameters
    assert found.text == f"({inner}){tail}"


@given(st.lists(st.binary(max_size=9), min_size=1, max_size=5))
def test_bytes_are_read_as_they_are_written(values: list[bytes]) -> None:
    assert parse_byte_list(", ".join(map(bytes_text, values)), what="x") == values


@given(st.text(st.sampled_from('ab=(") ;:,\\"1-'), max_size=30))
def test_whatever_is_read_is_a_form_or_refused(text: str) -> None:
    for parse in (parse_lists, parse_bytes, parse_byte_list):
        try:
            parse(text, what="x")
        except FormatError:
            continue


@pytest.mark.parametrize(
    "text", ["a=:AB=:", "a=:A:", "a=:AAAA", "a=AAAA:", "", "a=:AAAA:,", "A=::"]
)
def test_bytes_in_another_form_are_refused(text: str) -> None:
    with pytest.raises(FormatError):
        parse_bytes(text, what="x")


def test_a_text_that_is_no_string_is_refused() -> None:
    with pytest.raises(FormatError):
        string_text("é")
