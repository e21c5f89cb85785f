"""The cache file that all engines of a host share."""

import hashlib
import os
import tempfile
from typing import Optional

import mace

FOLDER_VARIABLE = "MACE_RAY_CACHE_FOLDER"
FILE = "mace-cl-compiled-program.bin"


def default_folder() -> str:
    """The folder that the environment variable MACE_RAY_CACHE_FOLDER names, or else one below the
    user's folder of caches."""
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.environ.get(FOLDER_VARIABLE) or os.path.join(caches, "mace", "ray")


def device_key(device: str) -> str:
    """Stands for the device that the option `device` names, its driver, and this version of mace:
    hosts with the same key can use the same programs. Where the name does not tell which device it
    is, the key stands for all devices of the host.

    A wrong guess costs time and nothing else: the engine checks each program's device and driver.
    """
    devices = mace.list_devices(environment="when_needed")
    named = [
        entry
        for index, entry in enumerate(devices)
        if (device == "gpu" and entry.is_default) or device == "gpu:%d" % index
    ]
    if not named and device.startswith("gpu:"):
        named = [entry for entry in devices if device[4:].lower() in entry.name.lower()]
    parts = [
        "%s|%s|%s|%s" % (entry.platform, entry.platform_version, entry.name, entry.driver)
        for entry in named or devices
    ]
    return hashlib.sha256("\n".join([mace.__version__] + sorted(parts)).encode()).hexdigest()[:32]


class HostCache:
    """One cache file of this host, for one kind of device. Any number of processes may use it: the
    file is written by the engine's own rules, under a lock, and replaced as a whole."""

    def __init__(self, device: str, folder: Optional[str] = None) -> None:
        """Args:
        device: from `device_key`.
        folder: where the hosts' files are; None: `default_folder`. Made, if it is missing, for
          this user alone, because who can write a cache file can run code here.
        """
        self.device = device
        self._folder = os.path.join(os.path.abspath(folder or default_folder()), device)
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        self.path = os.path.join(self._folder, FILE)

    def holds(self, key: str) -> bool:
        """Whether the programs of a key were put into the file."""
        return os.path.exists(self.path) and os.path.exists(self._note_path(key))

    def content(self) -> bytes:
        """The bytes of the file."""
        with open(self.path, "rb") as file:
            return file.read()

    def install(self, content: bytes, key: str) -> None:
        """Merges the programs of another host's file into this one. Raises mace.Error for bytes
        that are no cache file, or damaged, and OSError."""
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".fetched") as file:
            file.write(content)
            file.flush()
            mace.cache.verify(file.name)
            mace.cache.merge([file.name], self.path)
        self.note(key)

    def note(self, key: str) -> None:
        """Remembers that the file holds the programs of a key."""
        with open(self._note_path(key), "wb"):
            pass

    def _note_path(self, key: str) -> str:
        return os.path.join(self._folder, key + ".held")
