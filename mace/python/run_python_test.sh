#!/usr/bin/env bash
# run_python_test.sh PACKAGE/_mace.so TEST.py: Debian's Python, which has numpy, with the package.
set -euo pipefail
PYTHONPATH=$(dirname "$(dirname "$1")") exec /usr/bin/python3 "$2" -v
