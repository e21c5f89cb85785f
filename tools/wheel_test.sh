#!/usr/bin/env bash
# Installs a wheel in a fresh virtual environment and uses it there, without the source tree.
# usage: wheel_test.sh PYTHON WHEEL
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
[[ $# -eq 2 ]] || { echo "usage: wheel_test.sh PYTHON WHEEL" >&2; exit 2; }
python=$1 wheel=$(readlink -f "$2")
max_bytes=10000000
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() { echo "wheel: $*" >&2; exit 1; }
cp "$root/models/digits/digits.onnx" "$root/models/digits/samples/digit_0.npy" "$root/tools/wheel_test.py" "$scratch"
cd "$scratch"
unset PYTHONPATH

[[ $wheel == *-manylinux_2_36_*.whl ]] || fail "expected the tag manylinux_2_36, found $wheel"
size=$(stat -c %s "$wheel")
((size <= max_bytes)) || fail "expected at most $max_bytes bytes, found $size"
"$python" -m venv venv
begin=$SECONDS
venv/bin/pip install -q --disable-pip-version-check "$wheel"
venv/bin/python -m mace run digits.onnx >/dev/null
echo "wheel: $((SECONDS - begin)) s from pip install to the first answer on the device"
package=$(venv/bin/python -c 'import mace, os; print(os.path.dirname(mace.__file__))')

# Licences of all that is inside, and nothing that a machine with a driver lacks.
for name in LICENSE libprotobuf libflatbuffers libsodium libeigen3 libfmt libspdlog libcli11 nlohmann-json3 pybind11 opencl-c-headers; do
  find "$package"/../mace-*.dist-info/licenses -name "$name*" | grep -q . || fail "the licence of $name is not there"
done
for file in "$package"/_mace*.so "$package/mace-command" "$package"/libmace_*.so; do
  ! readelf -d "$file" | grep NEEDED | grep -E 'libOpenCL|libprotobuf\.so|libsodium\.so' ||
    fail "$(basename "$file") needs a library that only a developer's machine has"
  ! ldd "$file" | grep "not found" || fail "$(basename "$file") lacks a library"
done

version=$(venv/bin/python -c 'import mace; print(mace.__version__)')
[[ $(venv/bin/python -m mace --version) == "mace $version" ]] || fail "python -m mace is not the command"
venv/bin/mace run digits.onnx --cache cache.bin >/dev/null
venv/bin/python -m mace run digits.onnx --cache cache.bin --json warm.json >/dev/null
venv/bin/python wheel_test.py

# one_line NAME=VALUE: without a driver, and without the loader, the command and the module say what to install.
one_line() {
  ! env "$1" venv/bin/python -m mace run digits.onnx >/dev/null 2>error || fail "$1: a device was found"
  [[ $(wc -l <error) -eq 1 ]] && grep -q "no OpenCL device: .*pocl-opencl-icd" error ||
    fail "$1: expected one line that says what to install, found: $(cat error)"
  env "$1" venv/bin/python -m mace run digits.onnx --device cpu >/dev/null
  env "$1" venv/bin/python wheel_test.py no-device
}
mkdir none no_loader
one_line OCL_ICD_VENDORS="$scratch/none"
# A file of its name that is no library is what dlopen finds first.
echo none | tee no_loader/libOpenCL.so.1 >no_loader/libOpenCL.so
one_line LD_LIBRARY_PATH="$scratch/no_loader"
echo "wheel: passed, $(basename "$wheel"), $size bytes"
