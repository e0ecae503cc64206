#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the includes of every folder to what its CMakeLists.txt declares.

layering.py ROOT               prints each include that is not allowed; exit 1 on any
layering.py ROOT --self-test   plants bad includes in a copy and expects each to be found
"""
import os
import re
import shutil
import sys
import tempfile

# Which folder may ever need which: the house as docs/ARCHITECTURE.md draws it.
FOLDERS = {
    "base": set(),
    "formats": {"base"},
    "layers": {"base"},
    "sign": {"base", "formats"},
    "builder": {"base", "formats", "layers", "sign"},
}
OUTSIDE = ("cli", "examples")  # these stand on the public headers alone
OWNERS = {"linux": 2, "openssl": 3, "sodium.h": 2}  # how many files may include a library's headers; one where nothing is said

C11 = set("""assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal
    stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads
    time uchar wchar wctype""".split())
LIBC = C11 | set("""aio alloca byteswap dirent dlfcn elf endian err error fcntl fnmatch ftw getopt
    glob grp iconv ifaddrs langinfo libgen link malloc mntent netdb paths poll pthread pwd regex
    resolv sched search semaphore spawn strings sysexits syslog termios ucontext unistd utime wait
    wordexp
    arpa/inet net/if netinet/in netinet/tcp
    sys/auxv sys/epoll sys/eventfd sys/file sys/fsuid sys/inotify sys/ioctl sys/mman sys/mount
    sys/param sys/personality sys/poll sys/prctl sys/ptrace sys/queue sys/random sys/resource
    sys/select sys/sendfile sys/signalfd sys/socket sys/stat sys/statfs sys/statvfs sys/syscall
    sys/sysinfo sys/sysmacros sys/time sys/timerfd sys/times sys/types sys/uio sys/un sys/utsname
    sys/vfs sys/wait sys/xattr""".split())

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")', re.M)
ANY_INCLUDE = re.compile(r"^\s*#\s*include\b.*$", re.M)
CALL = re.compile(r"\bnacre_folder\s*\(([^)]*)\)")
KEYWORDS = ("NEEDS", "SOURCES", "LIBS", "OWNS")


class Folder:
    """What one nacre_folder(…) call declares."""

    def __init__(self, name, lists):
        self.name = name
        self.needs = lists["NEEDS"]
        self.sources = lists["SOURCES"]
        self.owns = {}  # header -> files that may include it
        for pair in lists["OWNS"]:
            header, _, file = pair.partition(":")
            self.owns.setdefault(header, []).append(file)


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def load_folders(root, bad):
    folders = {}
    for name in FOLDERS:
        text = re.sub(r"#.*", "", read(root, name, "CMakeLists.txt"))
        calls = CALL.findall(text)
        if len(calls) != 1:
            bad.append(f"{name}/CMakeLists.txt: {len(calls)} calls of nacre_folder, not 1")
            continue
        words = calls[0].split()
        lists = {key: [] for key in KEYWORDS}
        into = None
        for word in words[1:]:
            if word in KEYWORDS:
                into = lists[word]
            elif into is not None:
                into.append(word)
        if words[0] != name:
            bad.append(f"{name}/CMakeLists.txt: declares the folder {words[0]}")
        folders[name] = Folder(name, lists)
    return folders


def source_files(root, top):
    for where, dirs, files in os.walk(os.path.join(root, top)):
        dirs.sort()
        for name in sorted(files):
            if name.endswith((".c", ".h")):
                yield os.path.relpath(os.path.join(where, name), root)


def includes(root, path, bad):
    """(header, quoted) of each include line, comments taken out; bad gets what cannot be read."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", read(root, path), flags=re.S)
    found = [(angle or quoted, bool(quoted)) for angle, quoted in INCLUDE.findall(text)]
    if len(found) != len(ANY_INCLUDE.findall(text)):
        bad.append(f"{path}: an #include that names no file")
    return found


def check_declarations(root, folders, bad):
    """NEEDS within the house's order, SOURCES complete, each header owned by few enough files."""
    owners = {}
    for folder in folders.values():
        where = f"{folder.name}/CMakeLists.txt"
        for need in folder.needs:
            if need not in FOLDERS[folder.name]:
                bad.append(f"{where}: {folder.name} must not need {need}")
        here = {os.path.relpath(path, folder.name) for path in source_files(root, folder.name)}
        for name in sorted({name for name in here if name.endswith(".c")} ^ set(folder.sources)):
            bad.append(f"{where}: {name} is in SOURCES or in the folder, not in both")
        for header, files in folder.owns.items():
            for name in files:
                owners.setdefault(header, []).append(f"{folder.name}/{name}")
                if not os.path.exists(os.path.join(root, folder.name, name)):
                    bad.append(f"{where}: {header} is owned by {name}, which does not exist")
    for header, files in sorted(owners.items()):
        if len(files) > OWNERS.get(header.split("/")[0], 1):
            bad.append(f"{header}: owned by {len(files)} files: {', '.join(files)}")


def check_folder(root, folder, bad):
    used = set()
    for path in source_files(root, folder.name):
        name = os.path.relpath(path, folder.name)
        for header, quoted in includes(root, path, bad):
            top, _, rest = header.partition("/")
            if top == "nacre":
                top = rest.removesuffix(".h")
            elif not quoted:
                if name in folder.owns.get(header, ()):
                    used.add((header, name))
                elif header.removesuffix(".h") not in LIBC:
                    bad.append(f"{path}: <{header}> is not declared in OWNS for this file")
                continue
            if top != folder.name and top not in folder.needs:
                bad.append(f"{path}: {header}: {folder.name} does not need {top}")
            elif quoted and not os.path.exists(os.path.join(root, header)):
                bad.append(f"{path}: \"{header}\" is not a path from the top folder")
    for header, files in folder.owns.items():
        for name in files:
            if (header, name) not in used:
                bad.append(f"{folder.name}/{name}: owns {header} and does not include it")


def check_outside(root, bad):
    for top in OUTSIDE:
        for path in source_files(root, top):
            for header, quoted in includes(root, path, bad):
                own = quoted and header.startswith(top + "/")
                public = not quoted and header.startswith("nacre/")
                libc = not quoted and header.removesuffix(".h") in LIBC
                if not own and not public and not libc:
                    bad.append(f"{path}: {header}: {top} stands on <nacre/…> and libc alone")


def check_public(root, folders, bad):
    """A public header is its folder's face: nothing but C11 and the faces of what the folder needs."""
    for path in source_files(root, "include"):
        face = os.path.basename(path).removesuffix(".h")
        for header, quoted in includes(root, path, bad):
            top = header.removeprefix("nacre/").removesuffix(".h")
            foreign = not header.startswith("nacre/") and header.removesuffix(".h") not in C11
            if quoted or foreign:
                bad.append(f"{path}: {header}: a public header includes <nacre/…> and C11 alone")
            elif header.startswith("nacre/") and face in folders and top not in folders[face].needs:
                bad.append(f"{path}: {header}: {face} does not need {top}")


def check(root):
    bad = []
    folders = load_folders(root, bad)
    check_declarations(root, folders, bad)
    for folder in folders.values():
        check_folder(root, folder, bad)
    check_outside(root, bad)
    check_public(root, folders, bad)
    return bad


# (file to add the line to, the line, what must be said)
PLANTS = (
    ("base/err.c", '#include "formats/json.h"', "base does not need formats"),
    ("base/err.h", "#include <nacre/layers.h>", "base does not need layers"),
    ("base/err.c", "#include <nacre/nacre.h>", "base does not need nacre"),
    ("layers/planted.c", '#include "formats/json.h"', "layers does not need formats"),
    ("formats/planted.c", '#include "layers/tree.h"', "formats does not need layers"),
    ("formats/planted.c", '  #  include "sign/key.h"', "formats does not need sign"),
    ("base/err.c", "#include <openssl/evp.h>", "<openssl/evp.h> is not declared"),
    ("layers/planted.c", "#include <jansson.h>", "<jansson.h> is not declared"),
    ("layers/planted.c", "#include <linux/landlock.h>", "<linux/landlock.h> is not declared"),
    ("base/err.c", '#include "err.h"', "does not need err.h"),
    ("base/err.c", "#include NACRE_HEADER", "names no file"),
    ("cli/planted.c", '#include "base/err.h"', "cli stands on"),
    ("cli/planted.c", "#include <zlib.h>", "cli stands on"),
    ("examples/planted.c", "#include <jansson.h>", "examples stands on"),
    ("include/nacre/base.h", "#include <unistd.h>", "and C11 alone"),
    ("include/nacre/base.h", "#include <nacre/layers.h>", "base does not need layers"),
    ("base/CMakeLists.txt", None, "must not need layers"),
)


def self_test(root):
    failures = 0
    for path, line, wanted in PLANTS:
        with tempfile.TemporaryDirectory() as copy:
            for top in (*FOLDERS, *OUTSIDE, "include"):
                shutil.copytree(os.path.join(root, top), os.path.join(copy, top))
            file = os.path.join(copy, path)
            before = check(copy)
            if line:
                with open(file, "a", encoding="utf-8") as out:
                    out.write("\n" + line + "\n")
            else:
                text = read(file).replace("NEEDS", "NEEDS layers", 1)
                with open(file, "w", encoding="utf-8") as out:
                    out.write(text)
            found = [message for message in check(copy) if message not in before]
            if not any(wanted in message for message in found):
                print(f"planted in {path}: {line}: not found: {found}")
                failures += 1
    return failures


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if "--self-test" in sys.argv[2:]:
        failures = self_test(sys.argv[1])
        print(f"{len(PLANTS) - failures} of {len(PLANTS)} planted includes found")
        sys.exit(1 if failures else 0)
    bad = check(sys.argv[1])
    for message in bad:
        print(message)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
