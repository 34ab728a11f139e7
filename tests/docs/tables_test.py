#!/usr/bin/env python3
"""Types what the tables of docs/tasks/from-*.md say to type instead: the switch must understand it.

Settings are tried on a port that is as new, since rows do not go on from each other. A command may
be refused for what is or is not there, but not for how it is written.
"""

import os
import pathlib
import re
import shlex
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import pages_test

# What a reader puts there.
PLACES = {"MAC": "52:54:00:00:00:01", "IP": "10.5.0.1", "NAME": "copy", "alice": "root"}
# They go on until somebody ends them, or start something: their help must know them.
ENDLESS = ("capture", "run")
VERBS_ALONE = ("show", "stats", "list-br")
OTHER_PROGRAMS = ("ip", "vswitchd", "vswitchctl", "dnsmasq")

PREPARE = r"""
understood() {  # understood ROW WORD...: neither an exit code of bad usage nor a bad argument
  local row="$1" status=0 answer
  shift
  case "$1 ${2-}" in
    "set port" | "vlan "*)
      vswitchctl --if-exists del-port vm0
      vswitchctl add-port br0 vm0 ;;
  esac
  answer="$(vswitchctl --json "$@" 2>&1)" || status=$?
  case "$status:$answer" in
    2:* | *INVALID_ARGUMENT* | *UNIMPLEMENTED*)
      echo "$row: vswitchctl $*: status $status: $answer"
      return 1 ;;
  esac
}
vswitchctl add-br br0
for port in vm0 vm1 probe; do vswitchctl add-port br0 $port; done
"""


def commands(page):
    """(row, words) of each command in a column that is headed `vswitchctl`."""
    column = None
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        cells = [c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not cells:
            column = None
        elif "`vswitchctl`" in cells:
            column = cells.index("`vswitchctl`")
        elif column is not None and not cells[0].startswith("---"):
            for span in re.findall(r"`([^`]+)`", cells[column]):
                words = shlex.split(span.replace(r"\|", "|"))
                if "=" in words[0]:
                    words = ["set", "port", "vm0", *words]
                named = re.fullmatch(r"[a-z]+(-[a-z]+)*", words[0])
                # A word alone may be one of the text.
                alone = len(words) == 1 and words[0] not in VERBS_ALONE
                if named and not alone and words[0] not in OTHER_PROGRAMS:
                    yield f"{page.name}:{number}", words


def typed(words):
    if words[0] in ENDLESS:
        return ["help", words[0]]
    places = r"\b(%s)\b" % "|".join(PLACES)
    return [re.sub(places, lambda match: PLACES[match[1]], word) for word in words]


@unittest.skipIf(os.geteuid() != 0, "needs root")
class TablesTest(unittest.TestCase):
    maxDiff = None

    def test_what_is_to_be_typed(self):
        with tempfile.TemporaryDirectory() as folder:
            programs = pathlib.Path(folder, "bin")
            programs.mkdir()
            pages_test.gather_programs(pages_test.built(), str(programs))
            for page in sorted((pages_test.ROOT / "docs/tasks").glob("from-*.md")):
                found = list(commands(page))
                self.assertGreater(len(found), 10, page)
                lines = [shlex.join(["understood", row, *typed(words)]) for row, words in found]
                script = pathlib.Path(folder, page.name)
                text = f"```sh\n{PREPARE}\n" + "\n".join(lines) + "\n```\n"
                script.write_text(text, "utf-8")
                self.assertEqual(pages_test.run(script, str(programs)), "")


if __name__ == "__main__":
    unittest.main()
