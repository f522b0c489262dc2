# Sourced by the scripts beside it: finds Python and Rust, makes virtual environments, builds the wheel.
# Runs on bash 3.2 (macOS) and later, and on Windows in Git's bash.
# shellcheck shell=bash

readonly PYTHON_MINOR_MIN=11 PYTHON_MINOR_MAX=14
readonly RUST_MINOR_MIN=89
readonly REQUIREMENTS=scripts/requirements.txt

# Nothing here downloads a Python: the machine's own is used.
export UV_PYTHON_DOWNLOADS=never PIP_DISABLE_PIP_VERSION_CHECK=1

step_count=0

step() {
    step_count=$((step_count + 1))
    printf '\n== %d. %s\n' "$step_count" "$*"
}

note() { printf '   %s\n' "$*"; }

# fail MESSAGE REMEDY...: says what is wrong and what to do, then ends the script.
fail() {
    printf '\nerror: %s\n' "$1" >&2
    shift
    if [ $# -gt 0 ]; then printf '  do:  %s\n' "$@" >&2; fi
    exit 1
}

# python_fits COMMAND: whether it runs and is a version this package supports.
python_fits() {
    "$1" - "$PYTHON_MINOR_MIN" "$PYTHON_MINOR_MAX" >/dev/null 2>&1 <<'PYTHON'
import sys
low, high = map(int, sys.argv[1:])
sys.exit(not (sys.implementation.name == "cpython" and (3, low) <= sys.version_info[:2] <= (3, high)))
PYTHON
}

# Sets `python` to the interpreter to build for: $PYTHON where it is set, else the first that fits.
find_python() {
    local candidate remedy="install it (Debian: apt-get install python3 python3-venv)"
    if [ -n "${PYTHON:-}" ]; then
        python_fits "$PYTHON" ||
            fail "PYTHON=$PYTHON is not CPython 3.$PYTHON_MINOR_MIN to 3.$PYTHON_MINOR_MAX" "$remedy"
        python=$PYTHON
    else
        python=
        for candidate in python3 python python3.13 python3.12 python3.14 python3.11; do
            if python_fits "$candidate"; then python=$candidate && break; fi
        done
        [ -n "$python" ] || fail \
            "no CPython 3.$PYTHON_MINOR_MIN to 3.$PYTHON_MINOR_MAX here (python3: $(python3 --version 2>/dev/null || echo none))" \
            "$remedy" "or name one: PYTHON=/path/to/python3.12 $0"
    fi
    # The base interpreter: the same one whichever virtual environment is on, so that one build serves all.
    python=$("$python" -c 'import os, sys; print(os.path.realpath(sys._base_executable))')
    # Cargo's own commands build pyo3 for the interpreter of this name, as the wheel is.
    export PYO3_PYTHON=$python
    note "Python: $("$python" --version 2>&1 | cut -d' ' -f2) ($python)"
}

# Checks that Rust is here, new enough, and has a linker.
find_rust() {
    local version minor
    command -v cargo >/dev/null ||
        fail "no Rust here: cargo is not on PATH" "install it from https://rustup.rs" \
            "if it is installed: . \"\$HOME/.cargo/env\""
    version=$(cargo --version | cut -d' ' -f2)
    minor=$(echo "$version" | cut -d. -f2)
    [ "$minor" -ge "$RUST_MINOR_MIN" ] ||
        fail "Rust $version is too old: 1.$RUST_MINOR_MIN or later is needed" "rustup update stable"
    case $(uname -s) in
    MINGW* | MSYS* | CYGWIN*) ;; # On Windows Rust finds the linker of Visual Studio by itself.
    *)
        command -v cc >/dev/null || fail "no C compiler here, and Rust links with it" \
            "Debian: apt-get install gcc libc6-dev" "macOS: xcode-select --install"
        ;;
    esac
    note "Rust: $version"
}

# make_venv FOLDER: makes it unless it is there and of this Python; sets `venv_python` and `venv_bin`.
make_venv() {
    local folder=$1 found wanted probe='import sys; print(sys.version)'
    wanted=$("$python" -c "$probe")
    # One that uv made has no pip, and serves only as long as uv is here.
    command -v uv >/dev/null || probe="import pip; $probe"
    venv_locate "$folder"
    found=$("$venv_python" -c "$probe" 2>/dev/null || true)
    if [ "$found" = "$wanted" ]; then
        note "$folder is there already"
    else
        rm -rf "$folder"
        if command -v uv >/dev/null; then
            uv venv --quiet --python "$python" "$folder"
        else
            "$python" -m venv "$folder" || fail "$python cannot make a virtual environment with pip" \
                "Debian: apt-get install python3-venv" "or: pip install uv"
        fi
        # Git never sees it, wherever it lies.
        printf '*\n' >"$folder/.gitignore"
        venv_locate "$folder"
        note "made $folder"
    fi
}

venv_locate() {
    venv_bin=$1/bin
    if [ -d "$1/Scripts" ]; then venv_bin=$1/Scripts; fi
    venv_bin=$PWD/$venv_bin
    venv_python=$venv_bin/python
}

# install ARGUMENT...: `pip install` into the virtual environment made last, by uv where it is here.
install() {
    if command -v uv >/dev/null; then
        uv pip install --quiet --python "$venv_python" "$@"
    else
        "$venv_python" -m pip install --quiet "$@"
    fi || fail "packages could not be installed: pip install $*" \
        "see the lines above; the network must reach a Python package index"
}

# build_wheel: builds the release wheel and installs it in place of any other; sets `wheel`.
build_wheel() {
    local folder=${CARGO_TARGET_DIR:-target}/wheels
    rm -f "$folder"/ai_workflow_engine-*.whl
    "$venv_python" -m maturin build --release --locked --interpreter "$python" --out "$folder" || fail \
        "the wheel could not be built" "see the lines above; \`cargo clean\` starts afresh"
    wheel=$(ls "$folder"/ai_workflow_engine-*.whl)
    note "built $wheel"
    install --constraint "$REQUIREMENTS" "$wheel"
    # The version stays while the code changes, so a second build must replace the first.
    if command -v uv >/dev/null; then
        install --no-deps --reinstall "$wheel"
    else
        install --no-deps --force-reinstall "$wheel"
    fi
    note "installed it into $(dirname "$venv_bin")"
}
