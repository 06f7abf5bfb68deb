#!/usr/bin/env bash
# From nothing to a certificate, its check, and a refusal. Everything happens in a folder of its
# own, which is left for you to look at.
set -euo pipefail

evidence=${EVIDENCE:-evidence}
files=$(cd "$(dirname "$0")/files" && pwd)
place=$(mktemp -d "${TMPDIR:-/tmp}/evidence-demo-XXXXXX")
export EVIDENCE_HOME=$place/ledger
cp -R "$files" "$place/case"
cd "$place"

step() { printf '\n\033[1m%s\033[0m\n$' "$1"; printf ' %q' "${@:2}"; echo; "${@:2}"; }
must() { # must CODE TITLE COMMAND...: the exit code is part of what is shown
    local code=0
    step "${@:2}" || code=$?
    [ "$code" -eq "$1" ] || { echo "expected exit code $1, got $code" >&2; exit 1; }
    echo "(exit code $code)"
}
evidence() { command "$evidence" "$@"; }

step "A ledger of your own, and its keys" evidence init
step "Three files are deposited" \
    evidence deposit case --case 2026-CV-1142 --claim origin/source=tenant --out case.asice
must 0 "The certificate and the files are checked" evidence verify case.asice case --policy ledger/trust.toml
must 0 "Where is this photograph?" evidence find "case/damp wall.png"

printf '\n\033[1mOne byte of the photograph is changed\033[0m\n'
printf '\x01' | dd of="case/damp wall.png" bs=1 seek=2000 conv=notrunc status=none
must 1 "It is refused" evidence verify case.asice "case/damp wall.png" --policy ledger/trust.toml

must 0 "The whole ledger is checked" evidence audit
printf '\nEverything is in %s\n' "$place"
