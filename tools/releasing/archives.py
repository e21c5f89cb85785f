"""Archives whose bytes depend on what lies in them alone: no time, user, order or path of the machine."""
import gzip
import hashlib
import io
import os
import tarfile
import time
import zipfile


def normal_mode(mode):
    """Permissions without the umask of whoever made the file."""
    return 0o755 if mode & 0o100 else 0o644


def paths_below(folder):
    """All files, links and folders below a folder, sorted, by their paths from there."""
    found = []
    for place, folders, names in os.walk(folder):
        found += [os.path.relpath(os.path.join(place, name), folder) for name in folders + names]
    return sorted(found)


def add_member(archive, folder, path, top, epoch):
    full = os.path.join(folder, path)
    member = archive.gettarinfo(full, arcname=os.path.join(top, path))
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mtime = epoch
    member.mode = 0o777 if member.issym() else 0o755 if member.isdir() else normal_mode(member.mode)
    if member.isreg():
        with open(full, "rb") as file:
            archive.addfile(member, file)
    else:
        archive.addfile(member)


def compress(data, path):
    """Writes gzip without a name or a time in it."""
    with open(path, "wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as file:
        file.write(data)


def write_tar(folder, path, top, epoch):
    """Packs `folder` as `top` into a .tar.gz. Hard links become files of their own."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member in paths_below(folder):
            archive.inodes = {}
            add_member(archive, folder, member, top, epoch)
    compress(buffer.getvalue(), path)


def rewrite_zip(path, epoch):
    """Writes a .zip, such as a wheel, again: sorted, with one time, plain permissions and one compression."""
    date = time.gmtime(max(epoch, 315532800))[:6]  # ZIP knows no time before 1980.
    with zipfile.ZipFile(path) as source:
        content = {info.filename: (info.external_attr >> 16, source.read(info)) for info in source.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(content):
            mode, data = content[name]
            info = zipfile.ZipInfo(name, date)
            info.create_system = 3  # Unix.
            info.external_attr = (0o40755 if name.endswith("/") else 0o100000 | normal_mode(mode)) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, data)


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def write_checksums(folder):
    """SHA256SUMS of all files in a folder, as `sha256sum -c` reads it."""
    names = sorted(name for name in os.listdir(folder) if name != "SHA256SUMS")
    lines = ["%s  %s\n" % (sha256(os.path.join(folder, name)), name) for name in names]
    with open(os.path.join(folder, "SHA256SUMS"), "w", encoding="utf-8") as file:
        file.writelines(lines)


def members(path):
    """The hash of each file of an archive, by its name; what is no archive is one member."""
    if path.endswith(".tar.gz"):
        with tarfile.open(path) as archive:
            return {member.name: hashlib.sha256(archive.extractfile(member).read()).hexdigest()
                    for member in archive if member.isreg()}
    if path.endswith((".whl", ".zip")):
        with zipfile.ZipFile(path) as archive:
            return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    return {os.path.basename(path): sha256(path)}


def differences(first, second):
    """A line for each file that two folders do not have alike, with the members that differ."""
    wrong = []
    for name in sorted(set(os.listdir(first)) | set(os.listdir(second))):
        one, other = os.path.join(first, name), os.path.join(second, name)
        if not (os.path.exists(one) and os.path.exists(other)):
            wrong.append("%s: made once alone" % name)
        elif sha256(one) != sha256(other):
            a, b = members(one), members(other)
            parts = sorted(part for part in set(a) | set(b) if a.get(part) != b.get(part))
            wrong.append("%s: differs in %s" % (name, ", ".join(parts[:5]) or "its order, times or permissions"))
    return wrong
