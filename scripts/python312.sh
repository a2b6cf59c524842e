#!/usr/bin/env bash
# Prints the path of a Python 3.12 of this machine: on the PATH, or where pyenv, uv and Debian keep theirs.
set -euo pipefail
shopt -s nullglob
for python in python3.12 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.12.*/bin/python3.12 \
    "${XDG_DATA_HOME:-$HOME/.local/share}"/uv/python/cpython-3.12*/bin/python3.12 /usr/local/bin/python3.12 /opt/*/bin/python3.12; do
    # Asked, not only found: pyenv's stand-ins on the PATH fail where no version is chosen.
    if "$python" -c 'import sys, venv; print(sys.executable)' 2>/dev/null; then exit; fi
done
echo "No Python 3.12 with venv was found: Lambda's runtime is python3.12. Install one, or name it: make build PYTHON312=/path/to/python3.12" >&2
exit 1
