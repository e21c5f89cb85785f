#!/usr/bin/env bash
# Compiles the examples as a user does who has the public headers and libmace.so alone, with each
# compiler that is here, and runs them.
# usage: installed_headers_test.sh libmace.so example.c example.cc MODEL HEADER...
set -euo pipefail

library=$1 example_c=$2 example_cc=$3 model=$4
shift 4
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

for header; do
  mkdir -p "$tree/include/$(dirname "$header")"
  cp "$header" "$tree/include/$header"
done
mkdir "$tree/lib"
cp "$library" "$tree/lib/libmace.so.0"
ln -s libmace.so.0 "$tree/lib/libmace.so"

warnings=(-Wall -Wextra -pedantic -Werror)
paths=(-I"$tree/include" -L"$tree/lib" "-Wl,-rpath,$tree/lib")

# build_and_run NAME COMPILER...: the outputs on the CPU and on a device are 10 numbers each.
build_and_run() {
  local name=$1 device
  shift
  echo "$name: $*"
  "$@" "${warnings[@]}" "${paths[@]}" -lmace -o "$tree/$name"
  for device in cpu gpu; do
    "$tree/$name" "$model" "$device" >"$tree/$name.$device"
    (($(wc -l <"$tree/$name.$device") == 11))
  done
  # Drivers never free what they hold for the life of the process.
  if "$tree/$name" "$tree/no such model" 2>"$tree/error"; then exit 1; fi
  grep -q "no such model" "$tree/error"
}
export ASAN_OPTIONS=detect_leaks=0

# Each header by itself: all in C++, and those of the C API in C, too.
c_headers=0
for header; do
  echo "#include \"$header\"" >"$tree/header.cc"
  g++ -std=c++17 "${warnings[@]}" -I"$tree/include" -fsyntax-only "$tree/header.cc"
  [[ $header == mace/mace_c.h || $header == mace/api/c/* ]] || continue
  gcc -std=c99 -xc "${warnings[@]}" -I"$tree/include" -fsyntax-only "$tree/header.cc"
  c_headers=$((c_headers + 1))
done
if ((c_headers < 2)); then
  echo "expected mace/mace_c.h and mace/api/c/*.h, found $c_headers headers of C"
  exit 1
fi

build_and_run c_gcc gcc -std=c99 "$example_c"
build_and_run cc_gcc g++ -std=c++17 "$example_cc"
build_and_run c_gcc_asan gcc -std=c99 -fsanitize=address "$example_c"
build_and_run cc_gcc_asan g++ -std=c++17 -fsanitize=address "$example_cc"
if command -v clang >/dev/null; then
  build_and_run c_clang clang -std=c99 "$example_c"
  build_and_run cc_clang clang++ -std=c++17 "$example_cc"
else
  echo "clang: not here"
fi
# C and C++ say the same.
diff "$tree/c_gcc.cpu" "$tree/cc_gcc.cpu"
