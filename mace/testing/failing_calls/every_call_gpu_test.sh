#!/usr/bin/env bash
# Lets a part of the OpenCL calls fail: each 13th of a cold and of a warm start, each 40th of the other cases.
# usage: every_call_gpu_test.sh PROGRAM
set -euo pipefail

for name in cold warm; do "$1" --case "$name" --stride 13; done
for name in image separate half; do "$1" --case "$name" --stride 40; done

# A life that cannot go on is found: every argument of a kernel is refused.
code=0
MACE_COUNT_FAIL=clSetKernelArg=-5 "$1" --case warm >"${TEST_TMPDIR:-/tmp}/refused" 2>&1 || code=$?
if [[ $code -ne 1 ]] || ! grep -q "clSetKernelArg: CL_OUT_OF_RESOURCES" "${TEST_TMPDIR:-/tmp}/refused"; then
  cat "${TEST_TMPDIR:-/tmp}/refused"
  echo "calls that always fail: expected exit code 1 and the call, found $code" >&2
  exit 1
fi
