#!/usr/bin/env bash
# Several users of one machine: a cache file of somebody else's is left alone, a held lock keeps nobody waiting, and
# PoCL never runs what another user put into its folder. Needs root, since it acts as a user whom nobody is (the number is
# free, no account is made), and a mount namespace with a /tmp of its own; without them it says what it leaves out.
set -uo pipefail

[[ $(id -u) == 0 ]] || { echo "skipped: only root can act as another user"; exit 0; }
for user in 54321 54322 54323 54324 none; do
  getent passwd "$user" >/dev/null || pgrep -u "$user" >/dev/null || break
done
[[ $user != none ]] || { echo "skipped: no free user number"; exit 0; }

# Open to the user, other than the folder of the build.
work=$(mktemp -d -p /var/tmp mace_users.XXXXXX)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir "$work/app" "$work/home" "$work/user_home" "$work/tmp"
cp -L tools/mace models/digits/digits.pb models/digits/digits.data models/digits/digits.onnx "$work/app"
chmod -R a+rX "$work/app"
chown "$user:$user" "$work/user_home"
chmod 1777 "$work/tmp"
mace=$work/app/mace
model=$work/app/digits.pb
unset XDG_CACHE_HOME POCL_CACHE_DIR TMPDIR
export HOME=$work/home

failures=0
fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
# Runs a command as the user.
as_user() { setpriv --reuid="$user" --regid="$user" --clear-groups env HOME="$work/user_home" "$@"; }
# Whether the JSON of a run says that nothing was compiled.
is_warm() { grep -q '"built_from_source": 0,' "$1"; }
state() { stat -c '%u %a %i %s' "$1"; sha256sum <"$1"; }

two_users() {
  local cache=$work/user_home/cache.bin before
  as_user "$mace" run "$model" --cache "$cache" >/dev/null 2>"$work/err" || fail "the user's first start: $(<"$work/err")"
  for start in 1 2; do
    # The user's own first warm start adds to the file that its program could be used.
    before=$(state "$cache")
    "$mace" run "$model" --cache "$cache" >/dev/null 2>"$work/err" || fail "root's start: $(<"$work/err")"
    [[ $(state "$cache") == "$before" ]] || fail "root's start $start changes the user's file"
    [[ $(grep -o "belongs to another user" "$work/err" | wc -l) == 1 ]] || fail "root is told: $(<"$work/err")"
    as_user "$mace" run "$model" --cache "$cache" --json "$work/user_home/json" >/dev/null 2>&1
    is_warm "$work/user_home/json" || fail "the user's start $start is cold"
  done
  "$mace" run "$model" --cache "$cache" --cache-allow-shared --json "$work/json" >/dev/null 2>&1
  is_warm "$work/json" || fail "root may not use the file even where it is told to"
  # The other way round: a file of root's that the user may read serves the user and stays.
  cp "$cache" "$work/root.bin"
  chmod 644 "$work/root.bin"
  before=$(state "$work/root.bin")
  as_user "$mace" run "$model" --memory image --cache "$work/root.bin" >/dev/null 2>&1 || fail "the user's start with root's file"
  [[ $(state "$work/root.bin") == "$before" ]] || fail "the user changes root's file"
}

eight_processes() {
  local cache=$work/user_home/eight.bin pids=() pid number=0
  for file in digits.pb digits.onnx; do for memory in auto image buffer auto; do
    number=$((number + 1))
    as_user "$mace" run "$work/app/$file" --memory "$memory" --cache "$cache" >/dev/null 2>"$work/user_home/err$number" &
    pids+=($!)
  done; done 2>/dev/null
  for pid in "${pids[@]}"; do wait "$pid" || fail "one of eight starts at once"; done
  as_user "$mace" cache verify "$cache" >/dev/null || fail "eight starts leave a bad file"
  for file in digits.pb digits.onnx; do for memory in auto image buffer; do
    as_user "$mace" run "$work/app/$file" --memory "$memory" --cache "$cache" --json "$work/user_home/json" >/dev/null 2>&1
    is_warm "$work/user_home/json" || fail "$file in $memory is lost among eight starts"
  done; done
}

held_lock() {
  local cache=$work/lock.bin holder
  "$mace" run "$model" --cache "$cache" >/dev/null 2>&1
  (exec 9>>"$cache.lock" && flock 9 && exec sleep 100) &
  holder=$!
  until ! flock -n "$cache.lock" true; do sleep 0.05; done
  timeout 20 "$mace" run "$model" --cache "$cache" >/dev/null 2>"$work/err" || fail "a warm start while the lock is held"
  [[ ! -s $work/err ]] || fail "a warm start says: $(<"$work/err")"
  timeout 20 "$mace" run "$model" --memory image --cache "$cache" >/dev/null 2>"$work/err" || fail "a cold start while the lock is held"
  [[ $(grep -o "holds this lock" "$work/err" | wc -l) == 1 ]] || fail "a cold start says: $(<"$work/err")"
  kill "$holder"
  # Nobody who may not write the file can hold its lock.
  [[ $(stat -c %a "$cache.lock") == 600 ]] || fail "the lock file is open to others"
  as_user flock -n "$cache.lock" true 2>/dev/null && fail "another user takes the lock"
}

# In a mount namespace where /tmp is empty: HOME and XDG_CACHE_HOME say nothing, so that PoCL takes /tmp/pocl.
foreign_pocl_folder() {
  local seeded=0 file
  mkdir /tmp/pocl && chown "$user:$user" /tmp/pocl
  as_user POCL_CACHE_DIR=/tmp/pocl/kcache "$mace" run "$model" --cache none >/dev/null 2>&1
  for file in $(find /tmp/pocl -name '*.so'); do echo "not a library" >"$file"; seeded=$((seeded + 1)); done
  [[ $seeded -gt 0 ]] || fail "PoCL made no kernel"
  for mode in 755 777; do
    chmod -R "$mode" /tmp/pocl
    for named in "" POCL_CACHE_DIR=/tmp/pocl/kcache; do
      env -u HOME $named "$mace" run "$model" --cache none >/dev/null 2>"$work/err" || fail "root's start beside a folder of mode $mode: $(<"$work/err")"
      grep -q 'is not used' "$work/err" || fail "root is told of a folder of mode $mode: $(<"$work/err")"
    done
  done
  [[ -z $(find /tmp/pocl -user root) ]] || fail "root wrote into the user's folder"
  [[ -z $(find /tmp -maxdepth 1 -name 'mace-pocl-*' -user "$user") ]] || fail "a private folder stays"
  rm -r /tmp/pocl
}

private_folders() {
  local living kept
  start() { as_user HOME=/nonexistent "$mace" run "$model" "$@" >/dev/null 2>&1; }
  for signal in INT TERM HUP KILL; do
    (as_user HOME=/nonexistent timeout -s "$signal" 3 "$mace" run "$model" --iterations 100000000) >/dev/null 2>&1
  done
  [[ $(find /tmp -maxdepth 1 -name 'mace-pocl-*' -user "$user" | wc -l) -gt 0 ]] || fail "no killed start left a folder"
  (exec setpriv --reuid="$user" --regid="$user" --clear-groups env HOME=/nonexistent "$mace" run "$model" --iterations 100000000) >/dev/null 2>&1 &
  living=$!
  until ls /proc/"$living"/fd -l 2>/dev/null | grep -q mace-pocl; do sleep 0.1; done
  mkdir -m 700 /tmp/mace-pocl-mine && chown "$user:$user" /tmp/mace-pocl-mine
  start || fail "a start beside a living one"
  kept=$(find /tmp -maxdepth 1 -name 'mace-pocl-*' -user "$user" | wc -l)
  [[ $kept == 2 ]] || fail "$kept folders stay, expected the living one's and the user's own"
  kill -0 "$living" || fail "the living process is gone"
  kill -KILL "$living"
  wait "$living" 2>/dev/null
  start
  [[ $(find /tmp -maxdepth 1 -name 'mace-pocl-*' -user "$user") == /tmp/mace-pocl-mine ]] || fail "the killed process's folder stays"
}

two_users
eight_processes
held_lock
export -f fail as_user foreign_pocl_folder private_folders
export work mace model user failures
unshare -m bash -c 'mount --make-rprivate / && mount --bind "$work/tmp" /tmp || exit 77
  foreign_pocl_folder; private_folders; exit "$failures"'
status=$?
if [[ $status == 77 ]]; then echo "left out: the machine gives no mount namespace"; else failures=$status; fi
[[ $failures == 0 ]] && echo "all hold, with user $user"
exit "$failures"
