"""``README.txt`` of a certificate: how to check it with public tools alone.

The commands are those of ``docs/verify-with-openssl.md``; a test runs them.
"""

from __future__ import annotations

from evidence_ledger.core import entry, statement
from evidence_ledger.core.certificate import Certificate
from evidence_ledger.core.readme_about import NEED, SHOWN, about_opening, second_step


def readme_text(parts: Certificate) -> str:
    """The text for the certificate of ``parts``. Raises FormatError where they are malformed."""
    parsed = statement.parse(parts.statement)
    shown = [one.data for one in parts.claims]
    with_file = parsed.kind not in statement.ABOUT and any(map(_is_file, shown))
    opening = _OPENING.format(
        kind=parsed.kind,
        index=entry.parse(parts.entry).index,
        ledger=parsed.ledger,
        shown=_how_many(parsed.claims.size, len(shown)),
        about=about_opening(parsed),
        files=" contract.pdf" if with_file else "",
    )
    if with_file:
        return opening + _NEED + _START + _FILE + _MIDDLE + _OWN + _SHOWN + _END
    return opening + NEED + _START + second_step(parsed, shown) + _MIDDLE + SHOWN + _END


def _is_file(claim: bytes) -> bool:
    return claim.startswith(b'{"path":"file/')


def _how_many(total: int, count: int) -> str:
    if total == 0:
        return "It makes no claims"
    if count == total == 1:
        return "Its one claim is shown here"
    return f"{count} of the {total} claims {'is' if count == 1 else 'are'} shown here"


_OPENING = """\
CERTIFICATE

The {kind} that is entry {index} of the evidence ledger
{ledger}. {shown}.

{about}It proves that bytes existed at a time and have not changed since. It does not
prove who made them, or that they are true. You need not trust whoever gave it
to you, nor whoever keeps the ledger: check it.

With the ledger's own software:

    evidence verify certificate.asice{files} --policy trust.toml

Without it, with public tools alone: what follows. The tools are a POSIX
shell, unzip, openssl (3.0 or later), sha256sum, and the usual small ones
(grep, sed, sort, awk, od, base64).

What is in the container:

    statement.json, statement.json.p7s   what was signed, and the signature
    claims.jsonl, claims.paths           the facts shown, and their proofs
    entry.json                           what the ledger recorded
    proof.tlog-proof, checkpoint         that it stands in the ledger
    ledger.vkeys                         what the ledger says its keys are
    META-INF, records                    RFC 4998 evidence records: the time
    seal                                 earlier timestamps: not earlier than
    chains, revocation                   X.509 certificates and revocations
    files                                the files themselves, where included
    certificate.pdf, README.txt          for people; they prove nothing

"""

_NEED = """\
You need the certificate, the file that it is about, and, for step 6, the root
X.509 certificates of the timestamp authorities. Get those from the
authorities, never from the container. The commands below call them
certificate.asice, contract.pdf and roots.pem.

"""

_START = """\
Start a shell with sh in an empty folder that holds these, and run the blocks
one after the other. Every block ends in a line that begins with ok, or the
shell stops there.

1. Unpack
---------

The container is a ZIP file (ASiC-E, ETSI EN 319 162-1).

    set -eu
    export LC_ALL=C
    unzip -q certificate.asice -d certificate
    grep -qx 'application/vnd.etsi.asic-e+zip' certificate/mimetype
    echo "ok: unpacked"

"""

_FILE = r"""2. The file is the one that was deposited
-----------------------------------------

claims.jsonl holds one claim a line; the claim file/0 holds the name, size and
SHA-256 of the first file.

    sum=$(sha256sum contract.pdf | cut -c1-64)
    number=$(grep '^{"path":"file/' certificate/claims.jsonl | grep "\"sha256\":\"$sum\"" |
      sed -n '1s|^{"path":"file/\([0-9]*\)".*|\1|p')
    [ -n "$number" ]
    echo "ok: the claim file/$number names $sum"

"""

_MIDDLE = r"""3. The claims are those that were signed
----------------------------------------

A claim's leaf hash is the SHA-256 of a zero byte and the claim's line without
its end. The leaves form an RFC 9162 tree: two neighbours are joined by the
SHA-256 of a one byte and both, an odd last one moves up as it is. The root is
in statement.json.

If only some claims are shown, there is a claims.paths, with the claim's
position and the hashes to join on the way up in each line; if none is, there
is no claims.jsonl. climb does that (RFC 9162, section 2.1.3.2); step 5 uses
it again. Every hash starts openssl once: thousands of claims take minutes, and
a certificate that shows one file alone is checked at once.

    leaf() { { printf '\000'; cat; } | openssl dgst -sha256 -binary; }
    node() { # FILE FILE: their hash into the file "hash"
      { printf '\001'; cat "$1" "$2"; } | openssl dgst -sha256 -binary > joined
      mv joined hash
    }
    hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
    climb() { # INDEX SIZE HASH...: from the leaf hash in the file "hash" to the root
      at=$1 last=$(($2 - 1)); shift 2
      for step; do
        printf '%s' "$step" | base64 -d > other
        if [ $((at % 2)) = 1 ] || [ "$at" = "$last" ]; then
          node other hash
          while [ $((at % 2)) = 0 ] && [ "$at" != 0 ]; do at=$((at / 2)) last=$((last / 2)); done
        else
          node hash other
        fi
        at=$((at / 2)) last=$((last / 2))
      done
      [ "$last" = 0 ]
    }
    claims=$(grep -o '"claims":{"count":[0-9]*,"root":"[0-9a-f]*"}' certificate/statement.json)
    count=$(printf '%s' "$claims" | cut -d: -f3 | cut -d, -f1)
    root=$(printf '%s' "$claims" | cut -d'"' -f8)
    said="the claims have the root"
    if [ ! -e certificate/claims.jsonl ]; then
      said="no claim is shown; what was signed is the root"
    elif [ -e certificate/claims.paths ]; then
      line=0
      while read -r position path; do
        line=$((line + 1))
        sed -n "${line}p" certificate/claims.jsonl | tr -d '\n' | leaf > hash
        climb "$position" "$count" $path
        [ "$(hex hash)" = "$root" ]
      done < certificate/claims.paths
    else
      n=0
      while IFS= read -r claim; do
        printf '%s' "$claim" | leaf > "leaf.$n"
        n=$((n + 1))
      done < certificate/claims.jsonl
      [ "$n" = "$count" ]
      while [ "$n" -gt 1 ]; do
        i=0
        while [ "$i" -lt "$n" ]; do
          mv "leaf.$i" hash
          if [ $((i + 1)) -lt "$n" ]; then node hash "leaf.$((i + 1))"; fi
          mv hash "leaf.$((i / 2))"
          i=$((i + 2))
        done
        n=$(((n + 1) / 2))
      done
      [ "$(hex leaf.0)" = "$root" ]
    fi
    echo "ok: $said $root"

4. The statement is signed
--------------------------

This shows that the holder of the X.509 certificate's key signed the
statement, and that the statement names that X.509 certificate. Who that
holder is, the X.509 certificate says; whether to believe it is for you: with
-CAfile instead of -noverify, openssl follows it to a root that you trust.

    openssl cms -verify -binary -inform DER -in certificate/statement.json.p7s \
      -content certificate/statement.json -noverify -signer signer.pem -out signed.json
    cmp signed.json certificate/statement.json
    signer=$(openssl x509 -in signer.pem -outform DER | sha256sum | cut -c1-64)
    grep -q "\"signer\":\"$signer\"" certificate/statement.json
    openssl x509 -in signer.pem -noout -subject
    echo "ok: signed"

5. The ledger holds it
----------------------

entry.json names the statement and the signature by their SHA-256. The entry's
leaf hash and the hashes in proof.tlog-proof lead to the root in the
checkpoint, which the ledger signed. ledger.vkeys is what the ledger itself
says its key is: compare it with what you were told elsewhere.

    for member in statement:statement.json signature:statement.json.p7s; do
      named=$(sha256sum "certificate/${member#*:}" | cut -c1-64)
      grep -q "\"${member%%:*}\":\"$named\"" certificate/entry.json
    done
    index=$(sed 's/.*"index":\([0-9]*\),.*/\1/' certificate/entry.json)
    size=$(sed -n 2p certificate/checkpoint)
    path=$(sed -n '/^index /,/^$/p' certificate/proof.tlog-proof | sed '1d;$d')
    [ "$(sed -n 's/^index //p' certificate/proof.tlog-proof)" = "$index" ]
    leaf < certificate/entry.json > hash
    climb "$index" "$size" $path
    [ "$(base64 < hash)" = "$(sed -n 3p certificate/checkpoint)" ]
    sed '/^$/q' certificate/checkpoint | sed '$d' > signed-text
    vkey=$(sed -n 's/^[^+]*+[0-9a-f]*+\(A.*\)$/\1/p' certificate/ledger.vkeys | head -n 1)
    { printf '\060\052\060\005\006\003\053\145\160\003\041\000'
      printf '%s' "$vkey" | base64 -d | tail -c +2; } > ledger.der
    keyid=$(sed -n "s|^[^+]*+\([0-9a-f]*\)+$vkey\$|\1|p" certificate/ledger.vkeys | head -n 1)
    verified=no
    for line in $(sed -n 's/^— [^ ]* //p' certificate/checkpoint); do
      printf '%s' "$line" | base64 -d > signature
      [ "$(head -c 4 signature | od -An -v -tx1 | tr -d ' \n')" = "$keyid" ] || continue
      tail -c +5 signature > signature.raw
      openssl pkeyutl -verify -pubin -inkey ledger.der -keyform DER -rawin \
        -in signed-text -sigfile signature.raw
      verified=yes
    done
    [ "$verified" = yes ]
    echo "ok: entry $index of $size"

6. It existed at that time
--------------------------

Each evidence record (RFC 4998) in META-INF leads from one object to one
timestamp token. Its manifest beside it, with the same number, names the
object. A record holds lists of hashes: the object's hash is in the first; the
hashes of a list, with the one found so far, are sorted, joined and hashed.
What comes out is what the authority has signed.

    binary() { # HEX: its bytes
      printf "$(printf '%s' "$1" | sed 's/../&\n/g' | awk 'BEGIN { d = "0123456789ABCDEF" }
        { printf "\\%03o", 16 * index(d, substr($0, 1, 1)) + index(d, substr($0, 2)) - 17 }')"
    }
    imprint_and_token() { # RECORD HASH: sets imprint, writes token.der
      openssl asn1parse -inform DER -in "$1" > record.txt
      awk '/cont \[ 2 \]/ { on = 1; next } /:pkcs7-signedData/ { exit }
        on && /d=5 .*SEQUENCE/ { if (list) print list; list = "" }
        on && /OCTET STRING/ { sub(/.*:/, ""); list = list " " $0 }
        END { print list }' record.txt > lists
      imprint=$2 first=yes
      while read -r list; do
        if [ "$first" = yes ]; then
          printf '%s\n' $list | grep -qx "$imprint"
        else
          list="$list $imprint"
        fi
        first=no
        joined=$(printf '%s\n' $list | sort | tr -d '\n')
        if [ "${#joined}" -gt 64 ]; then
          imprint=$(binary "$joined" | openssl dgst -sha256 -r | cut -c1-64 | tr a-f A-F)
        fi
      done < lists
      offset=$(grep -B1 -m1 ':pkcs7-signedData' record.txt | sed -n '1s/^ *\([0-9]*\):.*/\1/p')
      openssl asn1parse -inform DER -in "$1" -strparse "$offset" -noout -out token.der
    }
    tokens=0
    for record in certificate/META-INF/evidencerecord-*.ers; do
      place=${record##*-}
      manifest=certificate/META-INF/ASiCEvidenceRecordManifest-${place%.ers}.xml
      object=$(sed -n 's/.*DataObjectReference URI="\([^"]*\)".*/\1/p' "$manifest")
      case $object in checkpoint | statement.json | statement.json.p7s) ;; *) continue ;; esac
      hash=$(sha256sum "certificate/$object" | cut -c1-64 | tr a-f A-F)
      imprint_and_token "$record" "$hash"
      openssl ts -verify -digest "$imprint" -token_in -in token.der -CAfile roots.pem
      openssl ts -reply -token_in -in token.der -token_out -text | grep -E '^(Time stamp|TSA):'
      tokens=$((tokens + 1))
    done
    [ "$tokens" -ge 3 ]
    echo "ok: $tokens times"

"""

_OWN = """\
A file has records of its own, so that it can be proved when nothing else of
the deposit is shown. For the claim file/0 they are in records/file-0/, or in
META-INF where the file itself is in the container. (In a deposit of more than
a thousand files only the records over the statement are there; they cover
all.) Their first list is the file's SHA-256, their second a salt, so that the
records of others tell nothing about this file.

A deposit may have timestamps over the file itself besides (--direct), in
records/file-0/*.tst. Such a token and the file need nothing else of the
certificate.

    own=0
    hash=$(printf '%s' "$sum" | tr a-f A-F)
    for record in "certificate/records/file-$number"/*.ers; do
      [ -e "$record" ] || break
      imprint_and_token "$record" "$hash"
      openssl ts -verify -digest "$imprint" -token_in -in token.der -CAfile roots.pem
      own=$((own + 1))
    done
    direct=0
    for token in "certificate/records/file-$number"/*.tst; do
      [ -e "$token" ] || break
      openssl ts -verify -data contract.pdf -token_in -in "$token" -CAfile roots.pem
      direct=$((direct + 1))
    done
    echo "$direct timestamps over the file itself"
    echo "ok: $own records over the file itself"

"""

_SHOWN = """\
What this has shown
-------------------

The bytes of the file existed at the time that the authorities give, and have
not changed since. Who made them, and whether they are true, nothing here can
show. A timestamp of an authority that runs on the ledger's own clock is no
independent proof.

"""

_END = """\
Witnesses' cosignatures are further lines of proof.tlog-proof; any C2SP
tlog-proof verifier checks them, evidence proof verify among them.
"""
