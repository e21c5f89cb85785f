"""What tools/check_docs knows of the fenced code blocks of a page, by the language behind the three backquotes.

- `cpp` and `c` are compiled against the public headers, without making code. A block with a main, or with a file's
  name as a comment in its first line, is a file by itself. All other blocks of a page and a language are the body of
  one function, in their order, each in a scope within the one before: a block sees the names of the blocks above it,
  and may declare them again. The function gives a mace::Status, or a mace_status_code in C. Lines with an #include
  stand before the function. Three dots in a line of their own stand for more code.
- `python` is compiled, and every name that it takes from the package `mace` must be there.
- `sh` and `bash` are read by `bash -n`, and their options and paths are checked as those of all commands are.
- `json` is parsed. `text` and blocks without a language hold no code.
- Behind the language, the word `foreign` says that the code is another project's: it is not checked.

Any other language is a fault, because nothing would check it.
"""
import ast
import json
import os
import re
import subprocess

FENCE = re.compile(r"^```(\w+)(?: +(\w+))?[ ]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLAIN = {"text", "cmake", "html", "xml"}
FILE_BY_ITSELF = re.compile(r"\A// [\w/]+\.\w+$|^\s*int main\(", re.MULTILINE)
INCLUDE = re.compile(r"^#include .*$", re.MULTILINE)
# Below the folder of the public headers: itself, and where the headers of a compatible API lie.
INCLUDE_FOLDERS = ["-I.", "-Imace/compat/include"]
ERROR = re.compile(r"^([^:\n]+):(\d+):\d+: (?:fatal )?error: (.*)$", re.MULTILINE)

COMPILERS = {
    "cpp": ["g++", "-std=c++17", "-x", "c++"],
    "c": ["gcc", "-std=c99", "-x", "c"],
}
HEADS = {
    "cpp": ["<chrono>", "<cstdint>", "<cstdio>", "<string>", "<utility>", "<vector>", '"mace/diagnose.h"',
            '"mace/mace.h"'],
    "c": ["<stdint.h>", "<stdio.h>", "<stdlib.h>", "<string.h>", '"mace/mace_c.h"'],
}
FUNCTIONS = {
    "cpp": ("[[maybe_unused]] static mace::Status Page() {", "return mace::Status();"),
    "c": ("mace_status_code page(void);\nmace_status_code page(void) {", "return MACE_OK;"),
}


class Block:
    """A fenced block: its language, its text, and the line of the page at which the text begins."""

    def __init__(self, language, text, line):
        self.language, self.text, self.line = language, text, line


def blocks_of(page):
    """The blocks of a page that hold code of this project."""
    for match in FENCE.finditer(page):
        if match.group(2) != "foreign":
            yield Block(match.group(1), match.group(3), page.count("\n", 0, match.start()) + 2)


def with_lines(block):
    """The text, so that the compiler names lines of the page."""
    text = re.sub(r"^\s*(?://\s*)?\.\.\.\s*$", "", block.text, flags=re.MULTILINE)
    return '#line %d "PAGE"\n%s\n' % (block.line, text)


def translation_units(language, blocks):
    """The texts that are compiled: files by themselves, then one function with all other blocks."""
    alone = [block for block in blocks if FILE_BY_ITSELF.search(block.text)]
    inside = [block for block in blocks if block not in alone]
    units = [with_lines(block) for block in alone]
    if inside:
        begin, end = FUNCTIONS[language]
        includes = ["#include " + header for header in HEADS[language]]
        includes += [line for block in inside for line in INCLUDE.findall(block.text)]
        text = "\n".join(includes + [begin, ""])
        text += "".join("{\n" + INCLUDE.sub("", with_lines(block)) for block in inside)
        units.append(text + "}" * len(inside) + "\n" + end + "\n}\n")
    return units


def compile_faults(path, language, blocks, include):
    """Compiles the blocks of one page and one language."""
    for unit in translation_units(language, blocks):
        done = subprocess.run(COMPILERS[language] + ["-fsyntax-only", "-w", *INCLUDE_FOLDERS, "-"], cwd=include,
                              input=unit, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if not done.returncode:
            continue
        errors = ERROR.findall(done.stdout)
        errors.sort(key=lambda error: error[0] != "PAGE")
        place, line, why = errors[0] if errors else ("", "0", done.stdout)
        where = "%s:%s" % (path, line) if place == "PAGE" else "%s: %s:%s" % (path, place, line)
        yield "%s: the %s block does not compile: %s" % (where, language, why.strip())


def package_names(root):
    """The names that `import mace` gives, by the package's __all__, and its submodules and subpackages."""
    folder = os.path.join(root, "mace/python/source")
    with open(os.path.join(folder, "__init__.py"), encoding="utf-8") as file:
        tree = ast.parse(file.read())
    names = {name.removesuffix(".py") for name in os.listdir(folder)
             if name.endswith(".py") or os.path.exists(os.path.join(folder, name, "__init__.py"))}
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "__all__":
            names.update(ast.literal_eval(node.value))
    return names


def python_faults(path, block, names):
    try:
        tree = ast.parse(block.text)
    except SyntaxError as error:
        yield "%s:%d: the python block does not compile: %s" % (path, block.line + (error.lineno or 1) - 1, error.msg)
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "mace":
            if node.attr not in names:
                yield "%s:%d: the package has no mace.%s" % (path, block.line + node.lineno - 1, node.attr)


def shell_faults(path, block):
    done = subprocess.run(["bash", "-n"], input=block.text, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        yield "%s:%d: bash cannot read the block: %s" % (path, block.line, done.stdout.strip().split("\n")[0])


def json_faults(path, block):
    try:
        json.loads(block.text)
    except ValueError as error:
        yield "%s:%d: the json block does not parse: %s" % (path, block.line, error)


def faults_of(path, page, include, names):
    """What is wrong with the blocks of one page. `include` is the folder that has mace/mace.h."""
    compiled = {language: [] for language in COMPILERS}
    for block in blocks_of(page):
        if block.language in compiled:
            compiled[block.language].append(block)
        elif block.language == "python":
            yield from python_faults(path, block, names)
        elif block.language in ("sh", "bash"):
            yield from shell_faults(path, block)
        elif block.language == "json":
            yield from json_faults(path, block)
        elif block.language not in PLAIN:
            yield "%s:%d: nothing checks a block of the language %s" % (path, block.line, block.language)
    for language, blocks in compiled.items():
        if blocks:
            yield from compile_faults(path, language, blocks, include)
