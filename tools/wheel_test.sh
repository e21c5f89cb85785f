#!/usr/bin/env bash
# Installs a wheel in a fresh virtual environment and uses it without the source tree.
# usage: wheel_test.sh PYTHON WHEEL
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
python=$1 wheel=$(readlink -f "$2")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp "$root/models/digits/digits.onnx" "$root/models/digits/samples/digit_0.npy" "$scratch"
cd "$scratch"

"$python" -m venv venv
venv/bin/pip install -q "$wheel"
size=$(stat -c %s "$wheel")
((size <= 10 * 1000 * 1000)) || { echo "expected a wheel of at most 10 MB, found $size bytes" >&2; exit 1; }
venv/bin/pip show -f mace | grep -q LICENSE || { echo "the wheel has no licence" >&2; exit 1; }

venv/bin/python -m mace --version
venv/bin/mace run digits.onnx --cache cache.bin >cold
venv/bin/python -m mace run digits.onnx --cache cache.bin --json warm.json >/dev/null
venv/bin/python - <<'PYTHON'
import json, os, subprocess, sys, time
import numpy
import mace

assert json.load(open("warm.json"))["cache"]["status"] == "warm", "the second start is warm"
image = numpy.load("digit_0.npy")
answers = {}
for device in ("cpu", "gpu"):
    engine = mace.Engine("digits.onnx", device=device)
    answers[device] = engine.run({engine.inputs[0].name: image})
for name, reference in answers["cpu"].items():
    numpy.testing.assert_allclose(answers["gpu"][name], reference, rtol=1e-4, atol=1e-5)
assert os.path.exists(os.path.join(os.path.dirname(mace.__file__), "libmace_cl_cache_layer.so"))

def seconds(code):
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - begin

# numpy's own import is not ours.
ms = 1e3 * (min(seconds("import numpy, mace") for _ in range(5)) - min(seconds("import numpy") for _ in range(5)))
print("import mace: %.0f ms beside numpy" % ms)
PYTHON
# Without any driver the answer is one line that says what to install.
if OCL_ICD_VENDORS=$scratch/none venv/bin/python -m mace run digits.onnx 2>error; then exit 1; fi
grep -q "no OpenCL device: no driver is installed" error
OCL_ICD_VENDORS=$scratch/none venv/bin/python -m mace run digits.onnx --device cpu >/dev/null
echo "wheel: passed ($size bytes)"
