#!/usr/bin/env bash
# Lets the driver crash, hang and fail in the first call of each kind of a start.
# usage: every_crash_gpu_test.sh PROGRAM
set -euo pipefail

exec "$1"
