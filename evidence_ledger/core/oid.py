"""Object identifiers by name, dotted, with the documents that assign them."""

from __future__ import annotations

from typing import Final

# RFC 5652: Cryptographic Message Syntax
DATA: Final = "1.2.840.113549.1.7.1"
SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
# RFC 6211
ALGORITHM_PROTECTION: Final = "1.2.840.113549.1.9.52"
# RFC 2634 and RFC 5035: Enhanced Security Services
SIGNING_CERTIFICATE: Final = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"
# RFC 3161
TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
TIME_STAMPING: Final = "1.3.6.1.5.5.7.3.8"
# ITU-T X.667: the policy of a local authority, "own clock, not independent"
LOCAL_POLICY: Final = "2.25.10655990323869220639487963108025872416"

# RFC 5280: X.509
SUBJECT_KEY_IDENTIFIER: Final = "2.5.29.14"
KEY_USAGE: Final = "2.5.29.15"
SUBJECT_ALTERNATIVE_NAME: Final = "2.5.29.17"
ISSUER_ALTERNATIVE_NAME: Final = "2.5.29.18"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
NAME_CONSTRAINTS: Final = "2.5.29.30"
CRL_DISTRIBUTION_POINTS: Final = "2.5.29.31"
CERTIFICATE_POLICIES: Final = "2.5.29.32"
AUTHORITY_KEY_IDENTIFIER: Final = "2.5.29.35"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"
ANY_EXTENDED_KEY_USAGE: Final = "2.5.29.37.0"
PRIVATE_KEY_USAGE_PERIOD: Final = "2.5.29.16"
QC_STATEMENTS: Final = "1.3.6.1.5.5.7.1.3"
AUTHORITY_INFORMATION_ACCESS: Final = "1.3.6.1.5.5.7.1.1"
# RFC 5280, 5.2 and 5.3: revocation lists; X.509 (2008), 8.5.2.12: expiredCertsOnCRL
CRL_REASON: Final = "2.5.29.21"
INVALIDITY_DATE: Final = "2.5.29.24"
DELTA_CRL_INDICATOR: Final = "2.5.29.27"
ISSUING_DISTRIBUTION_POINT: Final = "2.5.29.28"
EXPIRED_ON_CRL: Final = "2.5.29.60"
# RFC 6960: OCSP
OCSP: Final = "1.3.6.1.5.5.7.48.1"
OCSP_BASIC: Final = "1.3.6.1.5.5.7.48.1.1"
OCSP_NONCE: Final = "1.3.6.1.5.5.7.48.1.2"
OCSP_ARCHIVE_CUTOFF: Final = "1.3.6.1.5.5.7.48.1.6"
OCSP_SIGNING: Final = "1.3.6.1.5.5.7.3.9"
# RFC 5940 and RFC 5126, 6.3.4: revocation data inside CMS
OCSP_IN_CMS: Final = "1.3.6.1.5.5.7.16.2"
REVOCATION_VALUES: Final = "1.2.840.113549.1.9.16.2.24"

# RFC 8017: RSA
RSA: Final = "1.2.840.113549.1.1.1"
MGF1: Final = "1.2.840.113549.1.1.8"
RSASSA_PSS: Final = "1.2.840.113549.1.1.10"
# RFC 5480: elliptic curves
EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"
# RFC 8410
ED25519: Final = "1.3.101.112"
ED448: Final = "1.3.101.113"
# RFC 9881
ML_DSA_44: Final = "2.16.840.1.101.3.4.3.17"
ML_DSA_65: Final = "2.16.840.1.101.3.4.3.18"
ML_DSA_87: Final = "2.16.840.1.101.3.4.3.19"
# GM/T 0006
SM2: Final = "1.2.156.10197.1.301"
SM2_WITH_SM3: Final = "1.2.156.10197.1.501"

_ATTRIBUTE_NAMES: Final = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "street",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.42": "GN",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
}


def attribute_name(dotted: str) -> str:
    """The short name of a distinguished name's attribute, or the dotted form (RFC 4514)."""
    return _ATTRIBUTE_NAMES.get(dotted, dotted)


def attribute_oid(name: str) -> str | None:
    """The object identifier of such a name; None for one that is not known."""
    return _ATTRIBUTES.get(name)


_ATTRIBUTES: Final = {name: dotted for dotted, name in _ATTRIBUTE_NAMES.items()}
