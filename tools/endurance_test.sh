#!/usr/bin/env bash
# Runs tools/long_run for seconds: it finds nothing that grows, and finds each leak that is planted.
# usage: endurance_test.sh PROGRAM FOLDER_OF_DIGITS
set -euo pipefail

program=$(realpath "$1") digits=$(realpath "$2")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export TMPDIR=$scratch
models=("$digits/digits.pb")

"$program" --inferences 4400 --per-load 40 "${models[@]}"

# expect_growth KIND QUANTITY: the leak of that kind is found as growth of that quantity.
expect_growth() {
  local code=0
  "$program" --inferences 320 --per-load 8 --plant-leak "$1" "${models[@]}" >"$scratch/out" 2>"$scratch/err" || code=$?
  if [[ $code -ne 1 ]] || ! grep -q "grows: .*$2" "$scratch/err"; then
    cat "$scratch/out" "$scratch/err"
    echo "a planted leak of $1: expected growth of $2 and exit code 1, found $code" >&2
    exit 1
  fi
  echo "a planted leak of $1 is found"
}
expect_growth memory "resident memory"
expect_growth files "open files"
expect_growth threads "threads"
expect_growth device-memory "memory on the device"

# Too few to be judged.
code=0
"$program" --inferences 10 --per-load 10 "${models[0]}" 2>"$scratch/err" || code=$?
if [[ $code -ne 2 ]] || ! grep -q "expected at least 200" "$scratch/err"; then
  echo "too few inferences: expected exit code 2 and a line, found $code" >&2
  exit 1
fi
