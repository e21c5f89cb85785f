#!/usr/bin/env bash
# The camera loop on small models: cold and warm, on the device and on the CPU, and with bad input.
# usage: camera_test.sh CAMERA FOLDER    FOLDER holds digits.pb and digits.onnx
set -euo pipefail
camera=$(realpath "$1") models=$(realpath "$2")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
unset MACE_LOG

# checked_run START ARGUMENTS...: the right answers with one request and with several.
checked_run() {
  local start=$1
  shift
  "$camera" "$@" >answer || { cat answer; return 1; }
  grep -q "$start" answer && [[ $(grep -c 'frames/s' answer) == 2 ]] && return
  echo "expected '$start' and two rates of: camera $*" && cat answer && return 1
}

# refused TEXT ARGUMENTS...: exit code 1, and one line that holds the text.
refused() {
  local text=$1
  shift
  if "$camera" "$@" >/dev/null 2>error; then echo "accepted: camera $*" && return 1; fi
  [[ $(wc -l <error) == 1 ]] && grep -q "^camera: .*$text" error && return
  echo "expected '$text' of: camera $*" && cat error && return 1
}

checked_run '[1-9][0-9]* programs compiled' "$models/digits.pb" --cache cache.bin --frames 40
checked_run ' 0 programs compiled' "$models/digits.pb" --cache cache.bin --frames 40 --requests 5
# The same network as an ONNX model, whose axes are in the other order.
checked_run '^start: ' "$models/digits.onnx" --frames 40 --requests 2
grep -q '^2 requests in flight' answer
checked_run '^device: cpu reference' "$models/digits.pb" --device cpu --frames 10

refused 'usage: camera MODEL'
refused 'unknown option --fast' "$models/digits.pb" --fast 1
refused '--frames: expected a number' "$models/digits.pb" --frames 0
refused '--requests: expected a number' "$models/digits.pb" --requests many
refused 'none.pb' none.pb
