#!/usr/bin/env bash
# Holds what libmace.so exports against the list of it. A line of the list may be added, and never
# removed or changed, within one soname. What is exported is said by mace/exports.map.
# usage: exported_symbols_test.sh libmace.so mace/exported_symbols.txt
#        exported_symbols_test.sh libmace.so > mace/exported_symbols.txt      writes a new list
set -euo pipefail

symbols() {
  nm --dynamic --demangle --defined-only "$1" | cut -d' ' -f3- | LC_ALL=C sort -u
}

if (($# == 1)); then
  symbols "$1"
  exit
fi
[[ -n $(symbols "$1") ]]
if ! diff "$2" <(symbols "$1"); then
  echo "< is only in the list, > only in the library; the head of this script says how to write it again"
  exit 1
fi
