#!/usr/bin/env bash
# Runs tools/deployment_client.cc in each of its situations.
# usage: deployment_client_test.sh CLIENT MODEL
set -euo pipefail

client=$(realpath "$1") model=$(realpath "$2")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/one" "$scratch/two"

# expect WORDS COMMAND...: the command's last line.
expect() {
  local words=$1 found
  shift
  found=$(timeout 120 "$@" | tail -n 1)
  [[ $found == $words ]] || { echo "$*: expected $words, found $found"; exit 1; }
}

cd "$scratch/one"
expect "child exit [09], parent works" "$client" fork_same "$model" same.bin
expect "child exit [09]" "$client" fork_new "$model" new.bin
expect "0 of 3 workers fail" "$client" fork_first "$model" first.bin 3
timeout 120 "$client" chdir "$model" relative.bin "$scratch/two"
[[ -f relative.bin && -z $(ls -A "$scratch/two") ]] || { echo "the cache followed the folder"; exit 1; }
expect "built [1-9]*" "$client" shapes "$model" shapes.bin 12
# Nothing of the driver's own is left to help.
export POCL_CACHE_DIR=$scratch/empty
mkdir "$POCL_CACHE_DIR"
expect "built 0 hits [1-9]*" "$client" shapes "$model" shapes.bin 12
