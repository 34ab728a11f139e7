#!/usr/bin/env python3
"""Holds the house rules over the whole source tree: lengths, includes, rooms, formatting, links.

Each rule is a function of the files that yields violations, and a test case of its own.
"""

import os
import pathlib
import re
import subprocess
import sys
from xml.sax.saxutils import quoteattr

MAX_COLUMNS = 100
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 70

# Bazel starts this through a link into the source tree.
ROOT = pathlib.Path(__file__).resolve().parents[2]

# What the files of a room may include: nothing points back. A file belongs to the innermost room
# that holds it; its own room is always allowed.
BASE = ("switch/base/",)
MODEL = ("switch/model/", "mac_table/") + BASE
LINK = ("switch/link/",) + BASE
PORT = ("switch/port/",) + LINK + MODEL
WORKER = ("switch/worker/", "bridge/", "mac_table/") + BASE
CORE = ("switch/core/",) + PORT + WORKER
RPC = ("switch/rpc/", "switch/core/controller.h", "bridge/drop_reason.h") + MODEL
ROOMS = {
    "mac_table": (),
    "bridge/wire": ("bridge/frame.h", "mac_table/"),
    "bridge": ("mac_table/",),
    "switch/base": (),
    "switch/model": MODEL,
    "switch/link": LINK,
    "switch/port": PORT,
    "switch/worker": WORKER,
    "switch/core": CORE,
    "switch/rpc": RPC,
    "switch": CORE + RPC,
    "cli": ("switch/rpc/protocol.h", "switch/model/") + BASE,
}
TOP_ROOMS = {room.split("/")[0] for room in ROOMS} | {"tests", "bench"}


def room_of(path):
    """The innermost room that holds this file, or None."""
    for folder in path.relative_to(ROOT).parents:
        if str(folder) in ROOMS:
            return str(folder)
    return None


# mac_table and bridge make no system call, hold no clock, no thread, no log, no flag.
PURE_ROOMS = ("mac_table", "bridge")
BANNED_IN_PURE_ROOMS = re.compile(
    r"<(unistd\.h|fcntl\.h|poll\.h|time\.h|ctime|chrono|thread|mutex|condition_variable|pthread\.h"
    r"|sys/.*|linux/.*|net/.*|iostream|fstream)>|glog/|gflags/"
)
INCLUDE = re.compile(r'\s*#\s*include\s+([<"][^>"]+[>"])')


def lines_of(path):
    return path.read_text(encoding="utf-8").splitlines()


def source_files():
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [f for f in folders if f != ".git" and not f.startswith("bazel-")]
        found += [pathlib.Path(folder, name) for name in names]
    return sorted(found)


FILES = source_files()
CPP = [f for f in FILES if f.suffix in (".cc", ".h") or f.name.endswith(".bpf.c")]


def is_script(path):
    return path.suffix in (".py", ".sh") or (
        path.suffix == "" and path.is_file() and path.read_bytes()[:2] == b"#!"
    )


CODE = CPP + [f for f in FILES if is_script(f)]


def name(path):
    return str(path.relative_to(ROOT))


def is_test(path):
    parts = path.relative_to(ROOT).parts
    if parts[0] in ("tests", "bench") or "testing" in parts:
        return True
    return re.search(r"(^|_)(test|fuzz|bench)(_|$)", path.stem) is not None


def lines_are_short():
    for path in CODE:
        for number, line in enumerate(lines_of(path), 1):
            if len(line) > MAX_COLUMNS:
                yield f"{name(path)}:{number}: {len(line)} columns, at most {MAX_COLUMNS}"


def files_are_short():
    for path in CODE:
        length = len(lines_of(path))
        if length > MAX_FILE_LINES:
            yield f"{name(path)}: {length} lines, at most {MAX_FILE_LINES}"


# What braces do not count in: raw strings, strings, characters, comments, preprocessor lines.
NOT_CODE = re.compile(
    r'R"\((?:.|\n)*?\)"|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\[^\']+|[^\'\\])\''
    r"|//[^\n]*|/\*(?:.|\n)*?\*/|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
    re.MULTILINE,
)
CONTAINER = re.compile(r"\b(namespace|class|struct|enum|union|extern)\b")


def functions(path):
    """(first line, last line) of each function: an outermost brace after a ")"."""
    text = NOT_CODE.sub(lambda m: "\n" * m[0].count("\n"), path.read_text(encoding="utf-8"))
    stack, begin = [], 0
    for match in re.finditer(r"[{};]", text):
        before, begin = text[begin : match.start()], match.end()
        if match[0] == "{":
            inside = "function" in stack
            is_function = not inside and ")" in before and not CONTAINER.search(before)
            first = text.count("\n", 0, match.start()) + 1 - before.lstrip().count("\n")
            stack += ["function", first] if is_function else ["other", 0]
        elif match[0] == "}" and stack:
            first, kind = stack.pop(), stack.pop()
            if kind == "function":
                yield first, text.count("\n", 0, match.start()) + 1


def functions_are_short():
    for path in CPP:
        for first, last in functions(path):
            length = last - first + 1
            if length > MAX_FUNCTION_LINES:
                yield f"{name(path)}:{first}: {length} lines, at most {MAX_FUNCTION_LINES}"


def includes(path):
    for number, line in enumerate(lines_of(path), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match[1]


def rooms_do_not_point_back():
    for path in CPP:
        room = room_of(path)
        if room is None or is_test(path):
            continue
        for number, include in includes(path):
            target = include.strip('"')
            ours = include[0] == '"' and target.split("/")[0] in TOP_ROOMS
            if ours and not target.startswith((room + "/",) + ROOMS[room]):
                yield f"{name(path)}:{number}: {include} points back"


def every_room_has_a_row():
    for room in ROOMS:
        if not (ROOT / room).is_dir():
            yield f"{room}/ has a row and is no folder"
    for folder in sorted({p.parent.relative_to(ROOT) for p in CPP}):
        inner = folder.parts[0] == "switch" and len(folder.parts) > 1
        if inner and "testing" not in folder.parts and str(folder) not in ROOMS:
            yield f"{folder}/ has no row in ROOMS"


def pure_rooms_make_no_system_call():
    for path in CPP:
        if path.relative_to(ROOT).parts[0] not in PURE_ROOMS or is_test(path):
            continue
        for number, include in includes(path):
            if BANNED_IN_PURE_ROOMS.search(include):
                yield f"{name(path)}:{number}: {include} has no place in this room"


def one_file_includes_liburing():
    users = [name(p) for p in CPP if any("liburing.h" in i for _, i in includes(p))]
    if users != ["switch/worker/ring.cc"]:
        yield f"liburing.h is included by {users}, must be by switch/worker/ring.cc"


def flags_are_defined_in_main_files():
    for path in CPP:
        if path.name.endswith("_main.cc"):
            continue
        for number, include in includes(path):
            if "gflags/" in include:
                yield f"{name(path)}:{number}: flags belong into a *_main.cc"


def header_guards_name_their_path():
    for path in CPP:
        guard = "VSWITCH_" + re.sub(r"\W", "_", name(path)).upper() + "_"
        if path.suffix == ".h" and f"#ifndef {guard}\n#define {guard}\n" not in path.read_text():
            yield f"{name(path)}: the guard must be {guard}"


def rooms_have_a_readme():
    for folder in sorted({p.relative_to(ROOT).parts[0] for p in FILES if p.parent != ROOT}):
        if not folder.startswith(".") and not (ROOT / folder / "README.md").exists():
            yield f"{folder}/ has no README.md"


def links_lead_somewhere():
    for path in (p for p in FILES if p.suffix == ".md"):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8")):
            if "://" not in target and not (path.parent / target).exists():
                yield f"{name(path)}: link to {target}, which is not there"


def code_is_formatted():
    command = ["clang-format", "--dry-run", "-Werror", *map(str, CPP)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    for line in result.stderr.splitlines():
        if ": error:" in line:
            yield line.replace(f"{ROOT}/", "")


RULES = [
    lines_are_short,
    files_are_short,
    functions_are_short,
    rooms_do_not_point_back,
    every_room_has_a_row,
    pure_rooms_make_no_system_call,
    one_file_includes_liburing,
    flags_are_defined_in_main_files,
    header_guards_name_their_path,
    rooms_have_a_readme,
    links_lead_somewhere,
    code_is_formatted,
]


def main():
    cases, failed = [], 0
    for rule in RULES:
        violations = list(rule())
        print(f"[{'FAILED' if violations else 'ok':^8}] {rule.__name__}")
        print("".join(f"    {v}\n" for v in violations), end="")
        failed += bool(violations)
        failure = f"<failure message={quoteattr(chr(10).join(violations))}/>" if violations else ""
        cases.append(f'<testcase classname="tidy" name="{rule.__name__}">{failure}</testcase>')
    if "XML_OUTPUT_FILE" in os.environ:
        report = f'<testsuites><testsuite name="tidy">{"".join(cases)}</testsuite></testsuites>'
        pathlib.Path(os.environ["XML_OUTPUT_FILE"]).write_text(report, encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
