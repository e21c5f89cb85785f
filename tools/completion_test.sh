#!/usr/bin/env bash
# Completes words of the command in Bash, and in Zsh and Fish where they are installed; formats the
# manual page where groff is.
# usage: completion_test.sh MACE
set -euo pipefail
command=$(readlink -f "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for shell in bash zsh fish; do "$command" completion "$shell" >"$scratch/$shell"; done
"$command" manual >"$scratch/mace.1"
fail() { echo "completion: $*" >&2; exit 1; }

# in_bash WORD...: what Bash offers for the last word.
in_bash() {
  # shellcheck disable=SC1091
  (
    source "$scratch/bash"
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _mace
    echo "${COMPREPLY[*]}"
  )
}

in_fish() { fish --no-config -c "source $scratch/fish; complete -C '$*'" | cut -f 1 | paste -s -d ' '; }

# Zsh completes on a terminal alone: the line is typed, with a tab behind it, and read from there.
in_zsh() {
  mkdir -p "$scratch/functions" && cp "$scratch/zsh" "$scratch/functions/_mace"
  SCRATCH=$scratch LINE="$*" zsh -f -c '
    zmodload zsh/zpty
    zpty -b terminal zsh -f -i
    zpty -w terminal "PROMPT= fpath=($SCRATCH/functions \$fpath); autoload -U compinit; compinit -u -D"
    zpty -w terminal "finish() { print -r -- \$BUFFER >\$SCRATCH/completed; exit; }; zle -N finish; bindkey ^X finish"
    zpty -w -n terminal "$LINE"$'"'\\t\\x18'"'
    for try in {1..100}; do [[ -s $SCRATCH/completed ]] && break; zpty -r -t terminal >/dev/null; sleep 0.1; done'
  cat "$scratch/completed" && rm "$scratch/completed"
}

expect() { [[ $2 == "$3" ]] || fail "$1: expected '$2', found '$3'"; }

expect bash "build" "$(in_bash mace cache bu)"
expect bash "image" "$(in_bash mace run --memory im)"
expect bash "image" "$(in_bash mace run --memory = im)"
expect bash "auto image buffer" "$(in_bash mace run --memory = | sed 's/  *$//')"
expect bash "--precision" "$(in_bash mace run --preci)"
expect bash "zsh" "$(in_bash mace completion z)"
expect bash "" "$(in_bash mace run model.on)"
# Every option that the help of a subcommand has is offered.
for option in $("$command" run --help | grep -o -- '^ *--[a-z-]*'); do
  expect bash "$option" "$(in_bash mace run "$option" | tr ' ' '\n' | grep -x -- "$option")"
done
tested=bash
if command -v fish >/dev/null; then
  expect fish "build" "$(in_fish mace cache bu)"
  expect fish "image" "$(in_fish mace run --memory im)"
  expect fish "--precision" "$(in_fish mace run --preci)"
  expect fish "zsh" "$(in_fish mace completion z)"
  tested+=" fish"
fi
if command -v zsh >/dev/null; then
  expect zsh "mace cache build " "$(in_zsh mace cache bu)"
  expect zsh "mace run --memory image " "$(in_zsh mace run --memory im)"
  expect zsh "mace run --precision " "$(in_zsh mace run --preci)"
  tested+=" zsh"
fi
if command -v groff >/dev/null; then
  # Without bold letters and underlines, for which a terminal prints letters twice.
  warnings=$(groff -man -T ascii -P-cbou -ww -rLL=100n "$scratch/mace.1" 2>&1 >"$scratch/page")
  [[ -z $warnings ]] || fail "the manual page: $warnings"
  grep -q "mace cache build" "$scratch/page" || fail "the manual page lacks mace cache build"
  tested+=" groff"
fi
echo "completion: passed ($tested)"
