#!/usr/bin/env python3
"""Holds the house rules over the whole source tree: lengths, includes, rooms, formatting, links.

Each rule is a function of a tree that yields violations, and a test case of its own.
tidy_self_test.py shows for each that it can fail.
"""

import os
import pathlib
import re
import subprocess
import sys
from xml.sax.saxutils import quoteattr

# Bazel starts this through a link into the source tree, which is to stay as it is.
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "docs"))

import pages

MAX_COLUMNS = 100
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 70

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What the files of a room may include beside their own room: nothing points back. A file belongs to
# the innermost room that holds it; a room within a room is another room.
BASE = ("switch/base/",)
MODEL = ("switch/model/", "mac_table/", "bridge/wire/ip_prefix.h") + BASE
LINK = ("switch/link/",) + BASE
PORT = ("switch/port/", "bridge/wire/", "switch/model/") + LINK
IO = (
    "switch/worker/buffer_pool.h",
    "switch/worker/port_notice.h",
    "switch/worker/ring.h",
    "switch/worker/worker_stats.h",
)
IO += ("bridge/", "mac_table/")
# A worker's side of the fast path.
WORKER_SIDE = ("switch/fast_path/candidate_feed.h", "switch/fast_path/flow_order.h")
CAPTURE = ("switch/capture/",)
WORKER = ("switch/worker/", "bridge/", "mac_table/") + CAPTURE + WORKER_SIDE + BASE
CORE = ("switch/core/", "switch/fast_path/") + PORT + WORKER
RPC = ("switch/rpc/", "switch/core/caller.h", "switch/core/controller.h") + MODEL
# What shows the switch over HTTP.
OBSERVER = ("switch/http/", "switch/metrics/", "switch/worker/log2_histogram.h") + RPC
# A client's side of a capture.
READER = ("switch/capture/ring_layout.h", "switch/capture/ring_reader.h")
CLI = ("switch/rpc/protocol.h",) + BASE
SWITCH = ("switch/core/", "switch/link/", "switch/rpc/", "switch/web/", "switch/worker/")
SWITCH += OBSERVER + BASE
ROOMS = {
    "mac_table": (),
    "bridge/wire": (),
    "bridge/snooping": ("bridge/wire/", "mac_table/"),
    "bridge": ("bridge/snooping/", "bridge/wire/", "mac_table/"),
    "bridge/rstp": ("bridge/wire/", "mac_table/"),
    "switch/base": (),
    "switch/model": MODEL,
    "switch/model/keys": MODEL,
    "switch/link": LINK,
    "switch/port": PORT,
    "switch/fast_path": ("switch/fast_path/", "mac_table/fdb_key.h") + BASE,
    "switch/capture": ("bridge/", "mac_table/fdb_key.h") + BASE,
    "switch/worker/io": IO,
    "switch/worker": WORKER,
    "switch/core": CORE,
    "switch/rpc": RPC,
    "switch/http": ("switch/rpc/listening_socket.h",) + BASE,
    "switch/metrics": OBSERVER,
    "switch/web": OBSERVER + ("switch/web/",),
    "switch": SWITCH,
    "cli": CLI,
    "cli/capture": ("cli/",) + READER + CLI,
    "cli/doctor": ("cli/", "switch/link/") + CLI,
    "cli/verbs": ("cli/", "switch/model/") + CLI,
    "cli/complete": ("cli/", "switch/model/") + CLI,
    "cli/vswitchctl_main.cc": ("cli/",) + CLI,
    # The system tests see the switch from outside.
    "tests": ("tests/", "mac_table/mac_address.h") + BASE,
}
TOP_ROOMS = {room.split("/")[0] for room in ROOMS} | {"bench"}
# For tests only, whoever has them.
TEST_FOLDERS = {"testing", "tests", "bench"}

# mac_table and bridge make no system call, hold no clock, no thread, no log, no flag.
PURE_ROOMS = ("mac_table", "bridge")
BANNED_IN_PURE_ROOMS = re.compile(
    r"<(unistd\.h|fcntl\.h|poll\.h|time\.h|ctime|chrono|thread|mutex|condition_variable|pthread\.h"
    r"|sys/.*|linux/.*|net/.*|iostream|fstream)>|glog/|gflags/"
)
INCLUDE = re.compile(r'\s*#\s*include\s+([<"][^>"]+[>"])')


def room_of(name):
    """The innermost room that holds the file of this name, or None."""
    for path in (pathlib.PurePath(name), *pathlib.PurePath(name).parents):
        if str(path) in ROOMS:
            return str(path)
    return None


def is_test(name):
    path = pathlib.PurePath(name)
    return not TEST_FOLDERS.isdisjoint(path.parts) or bool(
        re.search(r"(^|_)(test|fuzz|bench)(_|$)", path.stem)
    )


def is_script(path):
    return path.suffix in (".py", ".sh") or (
        path.suffix == "" and path.is_file() and path.read_bytes()[:2] == b"#!"
    )


def lines_of(path):
    return path.read_text(encoding="utf-8").splitlines()


def includes(path):
    for number, line in enumerate(lines_of(path), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match[1]


class Tree:
    """The files below a folder. `cpp` and `code` are pairs of a path and its name in the tree."""

    def __init__(self, root):
        self.root = root
        self.files = []
        for folder, folders, names in os.walk(root):
            folders[:] = [f for f in folders if f != ".git" and not f.startswith("bazel-")]
            self.files += [pathlib.Path(folder, name) for name in names]
        self.files.sort()
        self.cpp = self.named(lambda p: p.suffix in (".cc", ".h") or p.name.endswith(".bpf.c"))
        self.code = self.cpp + self.named(is_script)

    def named(self, wanted):
        return [(p, str(p.relative_to(self.root))) for p in self.files if wanted(p)]


def lines_are_short(tree):
    for path, name in tree.code:
        for number, line in enumerate(lines_of(path), 1):
            if len(line) > MAX_COLUMNS:
                yield f"{name}:{number}: {len(line)} columns, at most {MAX_COLUMNS}"


def files_are_short(tree):
    for path, name in tree.code:
        length = len(lines_of(path))
        if length > MAX_FILE_LINES:
            yield f"{name}: {length} lines, at most {MAX_FILE_LINES}"


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
            is_container = CONTAINER.search(before.partition("(")[0])
            is_function = not inside and ")" in before and not is_container
            first = text.count("\n", 0, match.start()) + 1 - before.lstrip().count("\n")
            stack += ["function", first] if is_function else ["other", 0]
        elif match[0] == "}" and stack:
            first, kind = stack.pop(), stack.pop()
            if kind == "function":
                yield first, text.count("\n", 0, match.start()) + 1


def functions_are_short(tree):
    for path, name in tree.cpp:
        for first, last in functions(path):
            length = last - first + 1
            if length > MAX_FUNCTION_LINES:
                yield f"{name}:{first}: {length} lines, at most {MAX_FUNCTION_LINES}"


def rooms_do_not_point_back(tree):
    for path, name in tree.cpp:
        room = room_of(name)
        if room is None or (is_test(name) and room != "tests"):
            continue
        for number, include in includes(path):
            target = include.strip('"')
            if include[0] != '"' or target.split("/")[0] not in TOP_ROOMS:
                continue
            if room_of(target) != room and not target.startswith(ROOMS[room]):
                yield f"{name}:{number}: {include} points back"


def only_tests_include_test_support(tree):
    for path, name in tree.cpp:
        for number, include in includes(path):
            support = not TEST_FOLDERS.isdisjoint(include.strip('"').split("/"))
            if support and not is_test(name):
                yield f"{name}:{number}: {include} is for tests"


def every_room_has_a_row(tree):
    for room in ROOMS:
        if not (tree.root / room).exists():
            yield f"{room} has a row and is not there"
    for folder in sorted({str(pathlib.PurePath(name).parent) for _, name in tree.cpp}):
        if not is_test(folder) and folder not in ROOMS:
            yield f"{folder}/ has no row in ROOMS"


def pure_rooms_make_no_system_call(tree):
    for path, name in tree.cpp:
        if name.split("/")[0] not in PURE_ROOMS or is_test(name):
            continue
        for number, include in includes(path):
            if BANNED_IN_PURE_ROOMS.search(include):
                yield f"{name}:{number}: {include} has no place in this room"


def one_file_includes_liburing(tree):
    users = [name for path, name in tree.cpp if any("liburing.h" in i for _, i in includes(path))]
    if users != ["switch/worker/ring.cc"]:
        yield f"liburing.h is included by {users}, must be by switch/worker/ring.cc"


def flags_are_defined_in_main_files(tree):
    for path, name in tree.cpp:
        if name.endswith("_main.cc"):
            continue
        for number, include in includes(path):
            if "gflags/" in include:
                yield f"{name}:{number}: flags belong into a *_main.cc"


def guard_of(name):
    guard = "VSWITCH_" + re.sub(r"\W", "_", name).upper() + "_"
    return f"#ifndef {guard}\n#define {guard}\n"


def header_guards_name_their_path(tree):
    for path, name in tree.cpp:
        if path.suffix == ".h" and guard_of(name) not in path.read_text(encoding="utf-8"):
            yield f"{name}: must have the guard {guard_of(name).split()[1]}"


def rooms_have_a_readme(tree):
    top = {path.relative_to(tree.root).parts[0] for path in tree.files if path.parent != tree.root}
    rooms = {room for room in ROOMS if (tree.root / room).is_dir()}
    for folder in sorted(top | rooms):
        if not folder.startswith(".") and not (tree.root / folder / "README.md").exists():
            yield f"{folder}/ has no README.md"


def anchors_of(page):
    """Of its headings, as they are made where the pages are read."""
    for heading in re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE):
        text = re.sub(r"\]\([^)]*\)", "", heading).lower()
        yield re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def links_lead_somewhere(tree):
    for path, name in tree.named(lambda p: p.suffix == ".md"):
        for target in re.findall(r"\]\(([^)\s]+)[^)]*\)", path.read_text(encoding="utf-8")):
            if "://" in target:
                continue
            file, _, anchor = target.partition("#")
            page = path.parent / file if file else path
            if not page.exists():
                yield f"{name}: link to {target}, which is not there"
            elif anchor and page.suffix == ".md" and anchor not in anchors_of(page):
                yield f"{name}: link to {target}: there is no such heading"


def pages_keep_their_conventions(tree):
    """So that a test can run what they tell readers to type: tests/docs."""
    for name, path in pages.files(tree.root).items():
        for mistake in pages.Page(path.read_text(encoding="utf-8")).mistakes:
            yield f"{name}:{mistake} (tests/docs/README.md)"


def drop_reasons_are_documented(tree):
    """The page that says it has all of them: a newcomer looks there for what a counter means."""
    reasons, page = tree.root / "bridge/drop_reason.h", tree.root / "docs/vswitchctl.md"
    if not reasons.exists():
        return
    text = page.read_text(encoding="utf-8")
    for reason in re.findall(r'X\(k\w+, "(\w+)"\)', reasons.read_text(encoding="utf-8")):
        if f"`{reason}`" not in text:
            yield f"docs/vswitchctl.md: does not say what `{reason}` is"


def code_is_formatted(tree):
    command = ["clang-format", "--dry-run", "-Werror", *(name for _, name in tree.cpp)]
    result = subprocess.run(command, cwd=tree.root, capture_output=True, text=True, check=False)
    yield from (line for line in result.stderr.splitlines() if ": error:" in line)


RULES = [
    lines_are_short,
    files_are_short,
    functions_are_short,
    rooms_do_not_point_back,
    only_tests_include_test_support,
    every_room_has_a_row,
    pure_rooms_make_no_system_call,
    one_file_includes_liburing,
    flags_are_defined_in_main_files,
    header_guards_name_their_path,
    rooms_have_a_readme,
    links_lead_somewhere,
    pages_keep_their_conventions,
    drop_reasons_are_documented,
    code_is_formatted,
]


def main():
    tree, cases, failed = Tree(ROOT), [], 0
    for rule in RULES:
        violations = list(rule(tree))
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
