#!/usr/bin/env bash
# Runs every benchmark and prints one table: what, bar, measured. Run it on an otherwise idle machine.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${CARGO_TARGET_DIR:-target}/debug
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT
for bench in append replay query import http; do
    printf 'bench: %s\n' "$bench" >&2
    "$bin/bench-$bench" | tee -a "$rows" >&2
done
printf '\n| what | bar | measured | raw fdatasync beside it |\n|---|---|---|---|\n'
grep '^| ' "$rows"
