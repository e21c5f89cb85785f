#!/usr/bin/env bash
# run_onnx_suite_test.sh PACKAGE/_mace.so SUITE.py FLOOR.json: the onnx package's own suites on the CPU, where
# MACE_ONNX_PYTHON names a Python that has them (tools/install_onnx).
set -euo pipefail
if [[ -z ${MACE_ONNX_PYTHON:-} ]]; then
  echo "SKIPPED: MACE_ONNX_PYTHON is not set; tools/install_onnx makes such a Python"
  exit 0
fi
PYTHONPATH=$(dirname "$(dirname "$1")") exec "$MACE_ONNX_PYTHON" "$2" --device cpu --floor "$3"
