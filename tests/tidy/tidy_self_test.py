#!/usr/bin/env python3
"""Shows that each rule of tidy_test.py finds what it forbids, and nothing else.

A made-up tree keeps all rules. Each case adds one violation, which its rule alone must find.
"""

import pathlib
import shutil
import sys
import tempfile
import unittest

# Bazel starts this through a link into the source tree, which is to stay as it is.
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import tidy_test as tidy


def include(target):
    return f'#include "{target}"\n'


def function(signature, statements):
    return signature + " {\n" + "  G();\n" * statements + "}\n"


REASON = '#define REASONS(X) X(kRunt, "runt")\n'

# What is allowed, close to what is not.
CLEAN = {
    "switch/worker/ring.cc": "#include <liburing.h>\n",
    "cli/vswitchctl_main.cc": include("cli/verbs/verbs.h") + include("gflags/gflags.h"),
    "cli/verbs/verbs.cc": include("cli/client.h") + include("switch/rpc/protocol.h"),
    "cli/client_test.cc": include("cli/testing/daemon.h") + include("tests/temp_folder.h"),
    "cli/testing/daemon.h": tidy.guard_of("cli/testing/daemon.h") + "#endif\n",
    "bridge/parse.cc": include("bridge/wire/load.h") + include("mac_table/mac_table.h"),
    "bridge/parse_fuzz.cc": "#include <unistd.h>\n",
    "switch/link/link.cc": "#include <sys/socket.h>\n",
    "mac_table/lines.cc": "int a;\n" * (tidy.MAX_FILE_LINES - 1) + "// " + "x" * 97 + "\n",
    "mac_table/function.cc": function("void F(struct S* s)", tidy.MAX_FUNCTION_LINES - 2),
    "bridge/drop_reason.h": tidy.guard_of("bridge/drop_reason.h") + REASON + "#endif\n",
    "docs/README.md": "",
    "docs/vswitchctl.md": "`runt` and `truncated`\n",
    "mac_table/README.md": "[the code](lines.cc), [elsewhere](https://example.org/)\n",
}

VIOLATIONS = [
    (tidy.lines_are_short, {"cli/a.cc": "// " + "x" * 98 + "\n"}),
    (tidy.lines_are_short, {"cli/a.py": "# " + "x" * 99 + "\n"}),
    (tidy.files_are_short, {"cli/a.cc": "int a;\n" * (tidy.MAX_FILE_LINES + 1)}),
    (tidy.functions_are_short, {"cli/a.cc": function("void F()", tidy.MAX_FUNCTION_LINES - 1)}),
    (
        tidy.functions_are_short,
        {"cli/a.cc": function("void F(struct S* s)", tidy.MAX_FUNCTION_LINES - 1)},
    ),
    (tidy.rooms_do_not_point_back, {"mac_table/a.cc": include("bridge/frame.h")}),
    (tidy.rooms_do_not_point_back, {"bridge/wire/a.cc": include("bridge/parse.h")}),
    (tidy.rooms_do_not_point_back, {"switch/base/a.cc": include("switch/model/names.h")}),
    (tidy.rooms_do_not_point_back, {"switch/model/a.cc": include("switch/port/tap.h")}),
    (tidy.rooms_do_not_point_back, {"switch/worker/a.cc": include("switch/port/tap.h")}),
    (tidy.rooms_do_not_point_back, {"switch/rpc/a.cc": include("switch/core/desired.h")}),
    (tidy.rooms_do_not_point_back, {"switch/core/a.cc": include("switch/daemon.h")}),
    (tidy.rooms_do_not_point_back, {"cli/a.cc": include("switch/rpc/server.h")}),
    (tidy.rooms_do_not_point_back, {"cli/a.cc": include("cli/verbs/verbs.h")}),
    (tidy.rooms_do_not_point_back, {"cli/a.cc": include("switch/model/names.h")}),
    (tidy.rooms_do_not_point_back, {"switch/a.cc": include("switch/port/tap.h")}),
    (tidy.rooms_do_not_point_back, {"tests/system/a_test.cc": include("switch/worker/ring.h")}),
    (tidy.only_tests_include_test_support, {"cli/a.cc": include("cli/testing/daemon.h")}),
    (tidy.every_room_has_a_row, {"switch/attic/a.cc": "int a;\n"}),
    (tidy.every_room_has_a_row, {"switch/base": None}),
    (tidy.pure_rooms_make_no_system_call, {"bridge/a.cc": "#include <unistd.h>\n"}),
    (tidy.pure_rooms_make_no_system_call, {"mac_table/a.cc": "#include <thread>\n"}),
    (tidy.one_file_includes_liburing, {"switch/worker/a.cc": "#include <liburing.h>\n"}),
    (tidy.flags_are_defined_in_main_files, {"cli/a.cc": include("gflags/gflags.h")}),
    (tidy.header_guards_name_their_path, {"cli/a.h": tidy.guard_of("cli/b.h") + "#endif\n"}),
    (tidy.rooms_have_a_readme, {"docs/README.md": None}),
    (tidy.rooms_have_a_readme, {"switch/core/README.md": None}),
    (tidy.links_lead_somewhere, {"cli/a.md": "[gone](gone.md)\n"}),
    (tidy.links_lead_somewhere, {"cli/a.md": "# `A`: b c\n[right](#a-b-c) [wrong](#a-b)\n"}),
    (tidy.pages_keep_their_conventions, {"docs/a.md": "    ls\n"}),
    (tidy.drop_reasons_are_documented, {"docs/vswitchctl.md": "`runts` and `truncated`\n"}),
    (tidy.code_is_formatted, {"cli/a.cc": "int  a;\n"}),
]


def change(root, files):
    """Writes each file; removes those whose text is None."""
    for name, text in files.items():
        path = root / name
        if text is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def broken_rules(files):
    """The rules that a clean tree with these changes breaks."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        shutil.copy(tidy.ROOT / ".clang-format", root)
        rooms = [room for room in tidy.ROOMS if "." not in room]
        change(root, {f"{room}/README.md": "" for room in rooms})
        change(root, CLEAN)
        change(root, files)
        tree = tidy.Tree(root)
        return {rule: violations for rule in tidy.RULES if (violations := list(rule(tree)))}


class Tidy(unittest.TestCase):
    def test_what_is_allowed(self):
        self.assertEqual(broken_rules({}), {})

    def test_what_is_forbidden(self):
        for rule, files in VIOLATIONS:
            with self.subTest(rule.__name__, files=list(files)):
                broken = broken_rules(files)
                self.assertEqual(list(broken), [rule], broken)
                self.assertEqual(len(broken[rule]), 1)

    def test_every_rule_can_fail(self):
        self.assertEqual({rule for rule, _ in VIOLATIONS}, set(tidy.RULES))


if __name__ == "__main__":
    unittest.main()
