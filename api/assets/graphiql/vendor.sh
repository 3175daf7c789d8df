#!/bin/sh
# Rebuilds the bundled GraphiQL from npm. The versions are pinned; the files are compressed without a time stamp,
# so that the same versions give the same bytes. Usage: sh api/assets/graphiql/vendor.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent \
    graphiql@3.9.0 react@18.3.1 react-dom@18.3.1 graphql@16.11.0 graphql-ws@5.16.2
pack() { sed '/^\/\/# sourceMappingURL=/d' "node_modules/$1" | gzip -9 -n >"$here/$2"; }
pack graphiql/graphiql.min.js graphiql.js.gz
pack graphiql/graphiql.min.css graphiql.css.gz
pack react/umd/react.production.min.js react.js.gz
pack react-dom/umd/react-dom.production.min.js react-dom.js.gz
pack graphql-ws/umd/graphql-ws.min.js graphql-ws.js.gz
{
    echo "GraphiQL and what its bundle contains, with their notices. Written by vendor.sh."
    npm ls --all --parseable --omit=dev | sed 1d | sed 's|.*/node_modules/||' | sort -u | while read -r name; do
        folder="node_modules/$name"
        [ -f "$folder/package.json" ] || continue
        node -p 'const p = require(process.argv[1]); `\n==== ${p.name} ${p.version} (${p.license})`' "$work/$folder/package.json"
        for notice in "$folder"/LICENSE* "$folder"/LICENCE* "$folder"/license* "$folder"/NOTICE*; do
            [ -f "$notice" ] && cat "$notice"
        done
    done
} | gzip -9 -n >"$here/NOTICES.txt.gz"
ls -l "$here"
