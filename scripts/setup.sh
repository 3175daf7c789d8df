#!/usr/bin/env bash
# Installs what building and testing Letopis needs and is missing, or says exactly what to install.
#   scripts/setup.sh build   what `make demo` needs
#   scripts/setup.sh test    that, and the tools of `make test`
set -euo pipefail

cd "$(dirname "$0")/.."
what=${1:-build}
tools=${LETOPIS_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/letopis/tools}

say() { printf 'setup: %s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

# Debian packages, by what proves that they are there.
packages=()
have cc && have c++ && have make || packages+=(build-essential)
[ -n "$(find /usr/lib -maxdepth 4 -name 'libclang*.so*' -print -quit)" ] || packages+=(libclang-dev)
if [ "$what" = test ]; then
    python3 -c 'import venv, ensurepip' 2>/dev/null || packages+=(python3-venv)
    have node && have npm || packages+=(nodejs npm)
fi
if [ ${#packages[@]} -gt 0 ]; then
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
    if have apt-get && { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }; then
        say "installing ${packages[*]}"
        "${as_root[@]}" apt-get update -qq
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >&2
    else
        say "missing packages; install them as root and run this again:"
        say "  apt-get update && apt-get install -y ${packages[*]}"
        exit 1
    fi
fi

if ! have cargo; then
    say "cargo is missing; install Rust 1.95 or later from https://rustup.rs and run this again"
    exit 1
fi

[ "$what" = test ] || exit 0
mkdir -p "$tools/bin"

# Prebuilt where a registry has it, compiled once otherwise.
if ! have typos && ! [ -x "$tools/bin/typos" ]; then
    say "installing typos"
    python3 -m venv "$tools/venv"
    "$tools/venv/bin/pip" install --quiet --disable-pip-version-check 'typos==1.52.0'
    ln -sf "$tools/venv/bin/typos" "$tools/bin/typos"
fi
for tool in cargo-nextest cargo-deny; do
    if ! have "$tool" && ! [ -x "$tools/bin/$tool" ]; then
        say "compiling $tool, once"
        CARGO_TARGET_DIR="$tools/target" cargo install --quiet --locked --debug --root "$tools" "$tool"
        rm -rf "$tools/target"
    fi
done

# The clients that run against the server in tests.
if ! [ -e tests/clients/node_modules/.package-lock.json ] ||
    [ tests/clients/package-lock.json -nt tests/clients/node_modules/.package-lock.json ]; then
    say "installing the npm packages of tests/clients"
    (cd tests/clients && npm ci --silent --no-audit --no-fund)
fi
