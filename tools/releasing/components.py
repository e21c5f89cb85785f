"""The libraries that are in what is released, from the table of third_party/README.md and this machine's packages."""
import os
import re
import subprocess

from releasing.version import ROOT, read

# | `:eigen` | why it is here | `libeigen3-dev` | headers | MPL-2.0 |
ROW = re.compile(r"^\| `:(\w+)` \| (.*?) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
# How a library may be linked; the last is not released.
LINKAGES = ["shared", "static or shared", "headers", "opened at run time", "tests alone"]
# Names of licences that Debian's copyright files use, by their SPDX identifiers.
DEBIAN_NAMES = {
    "Apache-2.0": ["apache-2.0"],
    "BSD-2-Clause": ["bsd-2-clause"],
    "BSD-3-Clause": ["bsd-3-clause"],
    "GPL-3.0-or-later WITH GCC-exception-3.1": ["gcc runtime library exception"],
    "ISC": ["isc"],
    "MIT": ["expat", "mit"],
    "MPL-2.0": ["mpl-2"],
    "Zlib": ["zlib"],
}
# Libraries of every Linux system, which nobody releases with a program.
OF_THE_SYSTEM = re.compile(r"^(linux-vdso|ld-linux.*|libc|libm|libgcc_s|libpthread|libdl|librt)\.so")


class Component:
    """A library: its source package in Debian, the package that is linked, its version, and its licence."""

    def __init__(self, target, reason, package, linkage, licence):
        self.target, self.reason, self.package = target, reason, package
        self.linkage, self.licence = linkage, licence
        fields = package_fields(package)
        self.version, self.source, self.homepage, self.architecture = fields

    @property
    def copyright_path(self):
        return "/usr/share/doc/%s/copyright" % self.package

    def copyright_text(self):
        with open(self.copyright_path, encoding="utf-8") as file:
            return file.read()


def package_fields(package):
    """Version, source package, homepage and architecture of an installed Debian package."""
    form = "${Version}\t${source:Package}\t${Homepage}\t${Architecture}\n"
    found = subprocess.run(["dpkg-query", "-W", "-f", form, package], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                           text=True, check=False)
    if found.returncode != 0:
        raise ValueError("package %s: expected it to be installed (tools/install_packages), found none" % package)
    return found.stdout.splitlines()[0].split("\t")


def components(root=ROOT):
    """All libraries of the table that are in what is released, in the order of the table."""
    found = []
    for target, reason, package, linkage, licence in ROW.findall(read("third_party/README.md", root)):
        if linkage not in LINKAGES:
            raise ValueError("third_party/README.md, :%s: expected one of %s, found %s" %
                             (target, ", ".join(LINKAGES), linkage))
        if linkage != "tests alone":
            found.append(Component(target, reason, package.strip("`"), linkage, licence))
    if not found:
        raise ValueError("third_party/README.md: expected a table of libraries, found none")
    return found


def licence_mistakes(component):
    """A line if Debian's copyright file of the library does not name the licence that the table has."""
    names = DEBIAN_NAMES.get(component.licence)
    if names is None:
        return ["third_party/README.md, :%s: expected one of %s, found %s" %
                (component.target, ", ".join(sorted(DEBIAN_NAMES)), component.licence)]
    text = component.copyright_text().lower()
    if any(re.search(r"(license:\s*|\b)%s" % re.escape(name), text) for name in names):
        return []
    return ["%s: expected the licence %s, found none of that name" % (component.copyright_path, component.licence)]


def needed_libraries(binary):
    """The shared libraries that a program or library names, such as ["libsodium.so.23"]."""
    text = subprocess.run(["readelf", "-d", binary], stdout=subprocess.PIPE, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\)\s+Shared library: \[([^\]]+)\]", text)


def source_of_library(name):
    """The Debian source package that a shared library of this machine comes from; None: no package has it."""
    listed = subprocess.run(["ldconfig", "-p"], stdout=subprocess.PIPE, text=True, check=True).stdout
    match = re.search(r"^\s*%s .* => (\S+)$" % re.escape(name), listed, re.MULTILINE)
    if match is None:
        return None
    path = os.path.realpath(match[1])
    for candidate in (path, path.replace("/usr/lib/", "/lib/", 1)):
        owner = subprocess.run(["dpkg-query", "-S", candidate], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               text=True, check=False)
        if owner.returncode == 0:
            return package_fields(owner.stdout.split(":", maxsplit=1)[0])[1]
    return None


def unknown_libraries(binaries, known):
    """A line for each library that a binary names and no component is the source of."""
    sources = {component.source for component in known} | {"mace"}
    wrong = []
    for binary in binaries:
        for name in needed_libraries(binary):
            if OF_THE_SYSTEM.match(name) or name.startswith("libmace"):
                continue
            source = source_of_library(name)
            if source not in sources:
                wrong.append("%s: links %s of %s, which third_party/README.md does not have" %
                             (os.path.basename(binary), name, source))
    return wrong
