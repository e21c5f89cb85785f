#!/usr/bin/env bash
# Runs graph_layout_test.js, where there is Node.js (Debian's package nodejs).
# usage: graph_layout_test.sh TEST LAYOUT
set -euo pipefail
if ! command -v node >/dev/null; then
  echo "skipped: no node; install nodejs"
  exit 0
fi
node "$1" "$2"
