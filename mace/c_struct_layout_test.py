#!/usr/bin/env python3
"""Holds the layout of the C API's structs against the list of it.

usage: c_struct_layout_test.py mace/mace_c.h mace/c_struct_layout.txt
       c_struct_layout_test.py mace/mace_c.h > mace/c_struct_layout.txt    writes a new list
The list is that of 64-bit systems. A line of it may be added, and never changed, within one soname;
only the size of a struct with a struct_size may grow. The order of its lines does not count."""
import os
import re
import subprocess
import sys
import tempfile


def text_of(path, root):
    """The text of a header and of the headers of mace that it includes, without comments."""
    found, to_read = {}, [path]
    while to_read:
        path = to_read.pop()
        if path not in found:
            with open(os.path.join(root, path), encoding="utf-8") as file:
                found[path] = file.read()
            to_read += reversed(re.findall(r'#include "([^"]+)"', found[path]))
    return re.sub(r"/\*.*?\*/", "", "\n".join(found.values()), flags=re.DOTALL)


def structs(text):
    """Name -> members of each struct that a text defines."""
    found = {}
    for name, body in re.findall(r"typedef struct (\w+) \{(.*?)\}", text, re.DOTALL):
        found[name] = re.findall(r"(\w+);", body)
    return found


def layout(path):
    """The lines of the list, as a C compiler says them."""
    # Headers are included by their path from the folder above mace/.
    path = os.path.abspath(path)
    root = os.path.dirname(os.path.dirname(path))
    header = os.path.relpath(path, root)
    lines = ["#include <stddef.h>", "#include <stdio.h>", '#include "%s"' % header]
    lines += ["int main(void) {"]
    for name, members in structs(text_of(header, root)).items():
        lines.append('printf("%s size %%zu\\n", sizeof(%s));' % (name, name))
        for member in members:
            size = "sizeof(((%s*)0)->%s)" % (name, member)
            lines.append('printf("%s.%s at %%zu size %%zu\\n", offsetof(%s, %s), %s);'
                         % (name, member, name, member, size))
    lines.append("return 0; }")
    with tempfile.TemporaryDirectory() as folder:
        program = folder + "/layout"
        subprocess.run(["gcc", "-std=c99", "-I" + root, "-xc", "-", "-o", program], check=True,
                       input="\n".join(lines), text=True)
        return subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True).stdout


def main():
    found = layout(sys.argv[1])
    if len(sys.argv) == 2:
        sys.stdout.write(found)
        return 0
    with open(sys.argv[2], encoding="utf-8") as file:
        listed = file.read()
    found, listed = found.splitlines(), listed.splitlines()
    for line in sorted(set(listed) ^ set(found)):
        print("%s: %s" % ("only in the list" if line in listed else "not listed", line))
    if sorted(found) == sorted(listed) and found:
        return 0
    print(__doc__)
    return 1


if __name__ == "__main__":
    sys.exit(main())
