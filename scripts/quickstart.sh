#!/usr/bin/env bash
# Builds the package, installs it into .venv and runs the example.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/environment.sh
. scripts/environment.sh

case ${1:-} in
"") ;;
-h | --help)
    cat <<'HELP'
Usage: ./scripts/quickstart.sh

Makes the virtual environment .venv, builds a release wheel, installs it there and runs the example over
its sample events. Needs CPython 3.11 or later, Rust 1.89 or later and a C compiler. The first time takes
some minutes, later ones seconds.

Environment:
  PYTHON            the interpreter to build for; the default is the first that fits
  CARGO_TARGET_DIR  where Rust builds; the default is ./target
HELP
    exit
    ;;
*) fail "quickstart.sh takes no arguments" "./scripts/quickstart.sh --help" ;;
esac

example=examples/github_triage

step "Look for Python and Rust"
find_python
find_rust

step "Make a virtual environment"
make_venv .venv
install --constraint "$REQUIREMENTS" maturin

step "Build the release wheel and install it (the first time takes some minutes)"
build_wheel

step "Run the example: one triage card for each event of $example/events.jsonl"
cards=.venv/cards.jsonl
"$venv_bin/workflow-engine" run "$example/workflow.py:triage" --input "$example/events.jsonl" >"$cards"
note "the cards are in $cards:"
echo
"$venv_python" scripts/show_cards.py "$cards"

cat <<NEXT

Next:
  . ${venv_bin#"$PWD/"}/activate
  workflow-engine check $example/workflow.py:triage
  workflow-engine graph $example/workflow.py:triage --format svg > triage.svg
  workflow-engine serve $example/workflow.py:triage --port 8080
  head -n 1 $example/events.jsonl | curl --json @- http://127.0.0.1:8080/v1/workflows/triage/runs
Then read $example/workflow.py, and README.md.
NEXT
