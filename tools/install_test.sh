#!/usr/bin/env bash
# Installs mace, moves the folder, and builds the example project against it in three ways. Needs
# Debian's packages cmake, ninja-build and pkg-config.
# usage: tools/install_test.sh [--cmake [BUILD]]
# Bazel builds what is installed; with --cmake CMake does, in the folder BUILD, which is kept (default:
# in a folder of its own).
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
model=$root/models/digits/digits.pb
max_bytes=8000000
fail() { echo "installation: $*" >&2; exit 1; }

# check_tree PREFIX: everything that an installation needs is there, and works from there.
check_tree() {
  local prefix=$1 file size
  for file in bin/mace lib/libmace.so lib/libmace_cl_cache_layer.so lib/pkgconfig/mace.pc \
    lib/cmake/mace/mace-config.cmake include/mace/mace.h include/mace/mace_c.h \
    include/mace/compat/mace.h include/mace/compat/include/mace/public/mace.h \
    share/man/man1/mace.1.gz share/bash-completion/completions/mace \
    share/zsh/site-functions/_mace share/fish/vendor_completions.d/mace.fish share/doc/mace/LICENSE; do
    [[ -s $prefix/$file ]] || fail "missing: $file"
  done
  ! grep -rIl --exclude-dir=doc "$scratch\|$root" "$prefix" || fail "files name a folder"
  size=$(stat -L -c %s "$prefix/lib/libmace.so")
  ((size <= max_bytes)) || fail "libmace.so: expected at most $max_bytes bytes, found $size"
  echo "libmace.so: $size bytes"
  mace/exported_symbols_test.sh "$prefix/lib/libmace.so" mace/exported_symbols.txt
  "$prefix/bin/mace" run "$model" --device cpu --iterations 2 >/dev/null
  # The command finds the layer beside the libraries.
  "$prefix/bin/mace" run "$model" --cache "$scratch/cache.bin" >/dev/null
  tools/completion_test.sh "$prefix/bin/mace"
  # What is installed is what the command writes.
  "$prefix/bin/mace" completion bash | cmp - "$prefix/share/bash-completion/completions/mace"
  "$prefix/bin/mace" manual | cmp - <(gzip -dc "$prefix/share/man/man1/mace.1.gz")
}

# build_example PREFIX: with CMake, with pkg-config, and with plain g++; each answers the same.
build_example() {
  local prefix=$1 work=$scratch/example
  rm -rf "$work" && cp -r tools/installed_example "$work" && mkdir "$work/plain"
  cmake -S "$work" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
  cmake --build "$work/build" >/dev/null
  local flags
  flags=$(PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --cflags --libs mace)
  gcc -c "$work/describe.c" $flags -o "$work/describe.o"
  g++ -std=c++17 "$work/main.cc" "$work/describe.o" $flags -Wl,-rpath,"$prefix/lib" -o "$work/by_pkg_config"
  gcc -I"$prefix/include" -c "$work/describe.c" -o "$work/describe.o"
  g++ -std=c++17 -I"$prefix/include" "$work/main.cc" "$work/describe.o" -L"$prefix/lib" -lmace \
    -Wl,-rpath,"$prefix/lib" -o "$work/by_hand"
  local program
  for program in build/example by_pkg_config by_hand; do
    "$work/$program" "$model" cpu >"$work/answer"
    grep -qx "mace $(pkg-config --modversion "$prefix/lib/pkgconfig/mace.pc")" "$work/answer"
  done
  # A version that is not there is refused.
  sed -i 's/find_package(mace 0.1/find_package(mace 9.0/' "$work/CMakeLists.txt"
  ! cmake -S "$work" -B "$work/other" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null 2>"$scratch/refused" || return 1
  grep -q 'version "9.0"' "$scratch/refused"
}

if [[ ${1:-} == --cmake ]]; then
  build=${2:-$scratch/build}
  begin=$SECONDS
  cmake -S mace -B "$build" -G Ninja >/dev/null
  cmake --build "$build"
  echo "CMake: built in $((SECONDS - begin)) s"
  cmake --install "$build" --prefix "$scratch/first" >/dev/null
else
  [[ $# -eq 0 ]] || { echo "usage: tools/install_test.sh [--cmake [BUILD]]" >&2; exit 2; }
  tools/install --prefix "$scratch/first" >/dev/null
fi
mv "$scratch/first" "$scratch/moved"
check_tree "$scratch/moved"
mace/compat/upstream_program_test.py --prefix "$scratch/moved"
build_example "$scratch/moved"
echo "installation: passed"
