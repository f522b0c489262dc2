#!/usr/bin/env bash
# Measures speed and memory, each figure beside a floor that is taken in the same run.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/environment.sh
. scripts/environment.sh

sections=()
quick=()
for argument; do
    case $argument in
    --node | --workflow | --files | --models | --api) sections+=("${argument#--}") ;;
    --quick) quick=(--quick) ;;
    -h | --help)
        cat <<'HELP'
Usage: ./scripts/benchmark.sh [--node] [--workflow] [--files] [--models] [--api] [--quick]

Measures what there is of the sections that are named, and without a name all of them:

  --node      what a node costs: native, sync, asynchronous, one that is retried
  --workflow  what a run costs: a few nodes, a fan-out, blocking nodes, 10,000 runs at once, the import
  --files     what it costs to read, check and write a workflow file of 1,000 nodes
  --models    what tokens and prices cost: beside tiktoken and genai-prices, which have to be installed
  --api       what HTTP costs: a server at rest, requests beside those to a bare handler (needs wrk)
  --quick     rough figures in a fraction of the time

Each work is measured in turn with its floor, such as the bare calls of the same functions: read the
difference or the ratio, which stay true on a slow or busy machine. Targets have a verdict in words; a missed
target is no failure. Figures are of the package that is installed: build a release first
(./scripts/quickstart.sh). Benchmarks of the Rust core run too, where there are any and cargo is there.

The figures are written to benchmark-results/ as JSON.

Environment:
  PYTHON  the interpreter that has the package; the default is that of .venv, else of the active environment
HELP
        exit
        ;;
    *) fail "unknown argument: $argument" "./scripts/benchmark.sh --help" ;;
    esac
done
if [ ${#sections[@]} = 0 ]; then sections=(node workflow files models api); fi

# script_of SECTION: the name of its benchmark in Python, and of the one in Rust.
script_of() {
    case $1 in
    node) echo node_processing ;;
    workflow) echo workflow_execution ;;
    files) echo workflow_files ;;
    models) echo model_tokens ;;
    api) echo api_throughput ;;
    esac
}

step "Look for the package"
python=${PYTHON:-}
if [ -z "$python" ]; then
    venv_locate .venv
    python=$venv_python
    if [ ! -x "$python" ]; then
        python=$(command -v python3 || command -v python) || fail "no Python here" "./scripts/quickstart.sh"
    fi
fi
version=$("$python" -c 'import workflow_engine as engine; print(engine.__version__, "in", engine.__path__[0])' 2>/dev/null) ||
    fail "$python has no package workflow_engine" "./scripts/quickstart.sh" \
        "or name one that has: PYTHON=/path/to/python $0"
note "Python: $("$python" --version 2>&1 | cut -d' ' -f2) ($python)"
note "workflow_engine $version"

for section in "${sections[@]}"; do
    script=$(script_of "$section")
    if [ "$section" = api ] && ! command -v wrk >/dev/null; then
        fail "no wrk here, which puts load on servers" "Debian: apt-get install wrk" "macOS: brew install wrk" \
            "or leave it out: $0 --node --workflow --files --models"
    fi
    if [ "$section" = models ] && ! "$python" -c 'import tiktoken, genai_prices' 2>/dev/null; then
        fail "no tiktoken or genai-prices here, to measure against" "pip install tiktoken genai-prices" \
            "or leave it out: $0 --node --workflow --files --api"
    fi
    if [ -f "benches/$script.rs" ] && command -v cargo >/dev/null; then
        step "Measure --$section in the Rust core"
        cargo bench --locked --package engine-benches --bench "$script" -- ${quick[@]+"${quick[@]}"}
    fi
    step "Measure --$section through Python"
    "$python" "benches/python/$script.py" ${quick[@]+"${quick[@]}"} --json "benchmark-results/$section.json"
done
note "the figures are in benchmark-results/"
