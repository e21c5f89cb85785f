"""A cache file of version 1.0 (mace/cache/FORMAT.md) with right digests, in which any field can lie."""
import hashlib
import os
import struct

PAGE = 4096
TRAILER = 64
DEVICE = ("GPU", "V", "OpenCL 3.0", "1.0", "P", "OpenCL 3.0")


def text(value):
    value = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<I", len(value)) + value


def sized(content):
    return struct.pack("<I", len(content)) + content


def entry(section, place, key=b"\x11" * 32, name="add", **lies):
    fields = {"offset": place, "size": len(section), "kind": 1, "device": 0, "last_used": 1, **lies}
    digest = hashlib.sha256(section).digest()
    return sized(key + b"\x22" * 32 + digest + struct.pack("<QQIII", *(
        fields[field] for field in ("offset", "size", "kind", "device", "last_used"))) + text(name) + text("64"))


def tuning(key="conv", value="a", device=0):
    return sized(struct.pack("<II", device, 1) + text(key) + text(value))


def cache_file(entries=None, records=None, device=DEVICE, section=b"BINARY", **lies):
    """entries: made from (section, its offset) by a function; lies: header fields by name."""
    devices = sized(b"".join(map(text, device)))
    header_size = 0x38 + len(devices)
    start = (header_size + PAGE - 1) // PAGE * PAGE
    table = entries(section, start) if entries else [entry(section, start)]
    records = [tuning()] if records is None else records
    table_bytes, tuning_bytes = b"".join(table), b"".join(records)
    fields = {
        "magic": b"MCLP", "version": 0x10000, "kernel_count": len(table), "total_binary_size": len(section),
        "table_offset": start + len(section), "header_size": header_size, "flags": 0, "generation": 1,
        "file_size": start + len(section) + len(table_bytes) + len(tuning_bytes) + TRAILER,
        "table_size": len(table_bytes), "tuning_size": len(tuning_bytes), "tuning_count": len(records),
        "device_count": 1, **lies}
    head = struct.pack("<4sIIIIIIIQIIII", *fields.values()) + devices
    body = head + b"\0" * (start - len(head)) + section + table_bytes + tuning_bytes
    index = hashlib.sha256(head + table_bytes + tuning_bytes).digest()
    return body + index + hashlib.sha256(body + index).digest()


def private(content):
    """Only the owner may write a cache file that is to be looked at."""
    def write(path):
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, 0o600)
    return write
