#!/bin/sh
# Checks contracts/openapi.yaml with redocly and spectral. If npm cannot install them, it reports that and exits with 0.
# npm installs the versions that package.json pins, once, into the folder $1 (default: .tox/contract-lint).
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(dirname -- "$(dirname -- "$here")")
folder=${1:-$root/.tox/contract-lint}

left_out() {
    echo "contract-lint: redocly and spectral were skipped: $1"
    exit 0
}

command -v npm >/dev/null || left_out "npm is not installed"
if ! cmp -s "$here/package.json" "$folder/installed.json"; then
    mkdir -p "$folder"
    cp "$here/package.json" "$folder/package.json"
    (cd "$folder" && npm install --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel=error) ||
        left_out "npm could not install them"
    cp "$folder/package.json" "$folder/installed.json" # last, so that an interrupted installation is repeated
fi

export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
cd "$root"
"$folder/node_modules/.bin/redocly" lint --config "$here/redocly.yaml" --format=stylish contracts/openapi.yaml
"$folder/node_modules/.bin/spectral" lint --ruleset "$here/spectral.yaml" --fail-severity=warn contracts/openapi.yaml
echo "contract-lint: redocly and spectral find nothing"
