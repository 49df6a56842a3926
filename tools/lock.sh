#!/usr/bin/env bash
# Writes requirements/*.txt anew from pyproject.toml: pinned, hashed, for every platform, with no index address.
# Run it after changing a dependency (`make lock`), and commit what it wrote.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() {
  .venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes \
    --no-annotate --no-header --quiet "$@"
}
compile pyproject.toml -o requirements/runtime.txt
compile pyproject.toml --group dev -c requirements/runtime.txt -o requirements/dev.txt
compile pyproject.toml --group bench -c requirements/dev.txt -o requirements/bench.txt
# The two that only set up others are locked apart from the product.
compile --group fuzz -c requirements/dev.txt -o requirements/fuzz.txt
compile --group node -o requirements/node.txt
compile --group uv -o requirements/uv.txt
wc -l requirements/*.txt
