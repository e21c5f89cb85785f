"""Cache files that lie in a field, under digests that are right, or were cut."""
import hashlib
import struct

from cache_files import cache_file, entry, private, tuning
from case import ANY, FINE, REFUSED, Case

NUMBERS = (0, 1, 2**16, 2**31 - 1, 2**31, 2**32 - 1)


def cache_cases(name, content, exits=ANY, **expected):
    for command in ("info", "verify", "hexdump"):
        shown = ANY if command == "hexdump" else exits  # It shows the fields of a damaged file too.
        yield Case("cache %s: %s" % (name, command), {"cache.bin": private(content)}, ["cache", command, "{file}"],
                   exits=shown, **expected)


def cases():
    yield from cache_cases("good", cache_file(), FINE)
    for field in ("version", "kernel_count", "total_binary_size", "table_offset", "header_size", "flags", "file_size",
                  "table_size", "tuning_size", "tuning_count", "device_count"):
        for number in NUMBERS:
            yield from cache_cases("%s %d" % (field, number), cache_file(**{field: number}))
    for field in ("offset", "size", "kind", "device"):
        for number in (*NUMBERS, 2**63, 2**64 - 1):
            if number < 2**32 or field in ("offset", "size"):
                yield from cache_cases("entry's %s %d" % (field, number), cache_file(
                    lambda section, start, f=field, n=number: [entry(section, start, **{f: n})]))
    yield from cache_cases("overlap", cache_file(lambda section, start: [
        entry(section, start), entry(section, start + 2, key=b"\x33" * 32)]), REFUSED)
    for name, text in (("escapes", "\x1b]0;t\x07"), ("no UTF-8", b"\xff\xfe\x80"), ("line ends", "a\nb"),
                       ("60000 letters", "n" * 60000)):
        content = cache_file(lambda section, start, t=text: [entry(section, start, name=t)], [tuning(text, text)],
                             (text, "V", "1", "1", "P", "1"))
        yield from cache_cases("names of " + name, content)
        yield Case("cache names of %s as JSON" % name, {"cache.bin": private(content)},
                   ["cache", "info", "{file}", "--json", "-"], is_json=True)
    for name, key in (("of one beginning", lambda i: b"\x11" * 8 + struct.pack("<Q", i) + b"\0" * 16),
                      ("at random", lambda i: hashlib.sha256(b"%d" % i).digest())):
        many = cache_file(lambda section, start, k=key: [entry(section, start, key=k(i)) for i in range(50000)])
        yield from cache_cases("50000 keys " + name, many)
    good = cache_file()
    for size in (0, 3, 20, 0x38, 4096, len(good) - 65, len(good) - 1):
        yield from cache_cases("cut at %d" % size, good[:size], REFUSED)
