#!/usr/bin/env bash
# Runs the example in Python twice; the second start is warm and gives the same outputs.
# usage: example_python_test.sh PACKAGE/_mace.so example.py MODEL NAME=FILE.npy
set -euo pipefail
export PYTHONPATH=$PWD/$(dirname "$(dirname "$1")")
example=$PWD/$2 model=$PWD/$3 input=${4%%=*}=$PWD/${4#*=}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for start in cold warm; do
  /usr/bin/python3 "$example" "$model" "$input" >"$start"
  # A line for the output and one for each of its 10 elements.
  (($(wc -l <"$start") == 11)) || { echo "the $start start prints:"; cat "$start"; exit 1; }
done
diff cold warm
[[ -s mace-cl-compiled-program.bin ]]
# A file that is not there is an error that names it.
if MACE_LOG=error /usr/bin/python3 "$example" "$folder/none.pb" "$input" 2>error; then exit 1; fi
grep -q none.pb error
