"""What the scripts that generate pages of docs/ have in common: writing a page, or checking it."""
import os
import sys


def finish(path, text, command):
    """Writes the page, or with --check says whether it is current; gives the exit code."""
    if "--check" not in sys.argv[1:]:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return 0
    found = ""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            found = file.read()
    if found == text:
        return 0
    print("%s is not current: run %s" % (os.path.basename(path), command))
    return 1
