#!/usr/bin/env python3
"""Holds the layout of the C API's structs against the list of it.

usage: c_struct_layout_test.py mace/mace_c.h mace/c_struct_layout.txt
       c_struct_layout_test.py mace/mace_c.h > mace/c_struct_layout.txt    writes a new list
The list is that of 64-bit systems. A line of it may be added, and never changed, within one soname;
only the size of a struct with a struct_size may grow."""
import re
import subprocess
import sys
import tempfile


def structs(header):
    """Name -> members of each struct that the header defines."""
    text = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
    found = {}
    for name, body in re.findall(r"typedef struct (\w+) \{(.*?)\}", text, re.DOTALL):
        found[name] = re.findall(r"(\w+);", body)
    return found


def layout(path):
    """The lines of the list, as a C compiler says them."""
    with open(path, encoding="utf-8") as file:
        header = file.read()
    lines = ["#include <stddef.h>", "#include <stdio.h>"]
    lines += [header, "int main(void) {"]
    for name, members in structs(header).items():
        lines.append('printf("%s size %%zu\\n", sizeof(%s));' % (name, name))
        for member in members:
            size = "sizeof(((%s*)0)->%s)" % (name, member)
            lines.append('printf("%s.%s at %%zu size %%zu\\n", offsetof(%s, %s), %s);'
                         % (name, member, name, member, size))
    lines.append("return 0; }")
    with tempfile.TemporaryDirectory() as folder:
        program = folder + "/layout"
        subprocess.run(["gcc", "-std=c99", "-xc", "-", "-o", program], check=True,
                       input="\n".join(lines), text=True)
        return subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True).stdout


def main():
    found = layout(sys.argv[1])
    if len(sys.argv) == 2:
        sys.stdout.write(found)
        return 0
    with open(sys.argv[2], encoding="utf-8") as file:
        listed = file.read()
    for line in sorted(set(listed.splitlines()) ^ set(found.splitlines())):
        print("%s: %s" % ("only in the list" if line in listed.splitlines() else "not listed", line))
    if found == listed and found:
        return 0
    print(__doc__)
    return 1


if __name__ == "__main__":
    sys.exit(main())
