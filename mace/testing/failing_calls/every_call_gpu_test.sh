#!/usr/bin/env bash
# Lets a part of the OpenCL calls fail: each 13th of a cold and of a warm start, each 40th of the other cases.
# usage: every_call_gpu_test.sh PROGRAM
set -euo pipefail

for name in cold warm; do "$1" --case "$name" --stride 13; done
for name in image separate half; do "$1" --case "$name" --stride 40; done
