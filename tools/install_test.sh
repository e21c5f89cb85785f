#!/usr/bin/env bash
# Installs what Bazel has built, moves the folder, and builds the example project against it in
# three ways; then installs what CMake builds from the same sources, and compares the two.
# usage: install_test.sh [--cmake]     with --cmake also builds the engine with CMake (minutes)
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
model=$root/models/digits/digits.pb

# check_tree PREFIX: everything that an installation needs is there, and works from there.
check_tree() {
  local prefix=$1 file
  for file in bin/mace lib/libmace.so lib/libmace_cl_cache_layer.so lib/pkgconfig/mace.pc \
    lib/cmake/mace/mace-config.cmake include/mace/mace.h include/mace/mace_c.h \
    share/man/man1/mace.1.gz share/bash-completion/completions/mace \
    share/zsh/site-functions/_mace share/fish/vendor_completions.d/mace.fish; do
    [[ -s $prefix/$file ]] || { echo "missing: $file" >&2; return 1; }
  done
  ! grep -rIl --exclude-dir=doc "$scratch\|$root" "$prefix" || { echo "files name a folder" >&2; return 1; }
  "$prefix/bin/mace" run "$model" --device cpu --iterations 2 >/dev/null
  bash -c "source '$prefix/share/bash-completion/completions/mace'
    COMP_WORDS=(mace cache bu); COMP_CWORD=2; _mace; [[ \${COMPREPLY[*]} == build ]]
    COMP_WORDS=(mace run --memory im); COMP_CWORD=3; _mace; [[ \${COMPREPLY[*]} == image ]]
    COMP_WORDS=(mace run --preci); COMP_CWORD=2; _mace; [[ \${COMPREPLY[*]} == --precision ]]"
  # No warning of the formatter of manual pages, where there is one.
  if command -v man >/dev/null; then
    [[ -z $(MANROFFSEQ='' man --warnings -l "$prefix/share/man/man1/mace.1.gz" 2>&1 >"$scratch/manual") ]]
    grep -q "mace cache build" "$scratch/manual"
  fi
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

read -ra bazel <<<"${BAZEL:-bazel}"
tools/install --prefix "$scratch/first" >/dev/null
mv "$scratch/first" "$scratch/moved"
check_tree "$scratch/moved"
build_example "$scratch/moved"
echo "Bazel: $(du -sb "$scratch/moved/lib/libmace.so.0.1.0" | cut -f1) bytes of libmace.so"

if [[ ${1:-} == --cmake ]]; then
  cmake -S mace -B "$scratch/build" -G Ninja >/dev/null
  cmake --build "$scratch/build"
  cmake --install "$scratch/build" --prefix "$scratch/cmake" >/dev/null
  check_tree "$scratch/cmake"
  build_example "$scratch/cmake"
  # The same files, and the same symbols.
  diff <(cd "$scratch/moved" && find . | sort) <(cd "$scratch/cmake" && find . | sort)
  mace/exported_symbols_test.sh "$scratch/cmake/lib/libmace.so" mace/exported_symbols.txt
fi
echo "installation: passed"
