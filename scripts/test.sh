#!/usr/bin/env bash
# Installs what the tests need and passes all of them; stops at the first that fails.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/environment.sh
. scripts/environment.sh

case ${1:-} in
-h | --help)
    cat <<'HELP'
Usage: ./scripts/test.sh [PYTEST ARGUMENT...]

Installs what the tests need into .venv-test, then runs, the quick ones first: ruff, rustfmt, mypy, clippy,
the Rust tests, a release wheel built and installed, stubtest, pytest. Arguments go to pytest.

Environment:
  PYTHON            the interpreter to test with; the default is the first that fits
  CARGO_TARGET_DIR  where Rust builds; the default is ./target
HELP
    exit
    ;;
esac

step "Look for Python and Rust"
find_python
find_rust
for component in fmt clippy; do
    cargo "$component" --version >/dev/null 2>&1 ||
        fail "Rust is here without $component" "rustup component add rustfmt clippy"
done

step "Install what the tests need"
make_venv .venv-test
install --requirement "$REQUIREMENTS"
export PATH=$venv_bin:$PATH
# pyright comes whole in its wheel, Node too; without this it asks the network for a newer one.
export PYRIGHT_PYTHON_IGNORE_WARNINGS=1

step "Formatting and lints of Python"
ruff check .
ruff format --check .

step "Formatting of Rust"
cargo fmt --all --check

step "Types"
mypy

step "Lints of Rust"
cargo clippy --locked --workspace --all-targets -- -D warnings

step "Tests of Rust"
cargo test --locked

step "Build the release wheel and install it"
build_wheel

step "The stub of the compiled module is as built"
stubtest workflow_engine._core

step "Tests of Python"
pytest "$@"

echo
echo "All tests passed."
