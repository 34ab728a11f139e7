#!/usr/bin/env python3
"""mandoc finds nothing wrong with the manual pages, and they have every verb, flag and setting."""

import json
import pathlib
import re
import subprocess
import unittest
import xml.etree.ElementTree as xml_tree

PAGES = ["docs/man/vswitchctl.8", "docs/man/vswitchd.8"]


def shown(page):
    text = subprocess.run(["mandoc", "-Tutf8", "-Owidth=200", page], capture_output=True, text=True,
                          check=True).stdout
    # Bold and underlined characters are written over each other.
    plain = []
    for character in text:
        if character == "\b":
            plain.pop()
        else:
            plain.append(character)
    return "".join(plain)


class Man(unittest.TestCase):
    def test_mandoc_finds_nothing(self):
        for page in PAGES:
            lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning", page], capture_output=True,
                                  text=True, check=False)
            self.assertEqual(lint.stdout + lint.stderr, "", page)
            self.assertEqual(lint.returncode, 0, page)

    def test_vswitchctl_has_all_that_it_knows(self):
        helped = json.loads(subprocess.run(["cli/vswitchctl", "--json", "help"],
                                           capture_output=True, check=True).stdout)
        text = shown(PAGES[0])
        for verb in helped["verbs"]:
            self.assertIn(f"{verb['name']} {verb['arguments']}".strip(), text)
            self.assertIn(verb["example"], text)
        for key in helped["settings"]:
            self.assertIn(f"{key['key']}={key['value']}", text)
        for flag in helped["flags"]:
            is_letter = len(flag["name"]) == 1
            usage = ("-" if is_letter else "--") + flag["name"]
            if flag["value"]:
                usage += (" " if is_letter else "=") + flag["value"]
            self.assertIn(f"\n       {usage}\n", text)
        for code in helped["exit_codes"]:
            self.assertIn(f"\n       {code['code']}\n", text)

    def test_vswitchd_has_its_flags(self):
        xml = subprocess.run(["switch/vswitchd", "--helpxml"], capture_output=True, text=True,
                             check=False).stdout
        flags = [flag.findtext("name") for flag in xml_tree.fromstring(xml).iter("flag")
                 if flag.findtext("file").endswith("vswitchd_main.cc")]
        self.assertIn("socket", flags)
        text = shown(PAGES[1])
        for name in flags:
            if len(name) > 1:
                self.assertIn(f"\n       --{name}=VALUE\n", text)

    def test_pages_of_ours_that_are_named_are_there(self):
        for page in PAGES:
            for named in re.findall(r"\bvswitch[a-z.]*\(\d\)", shown(page)):
                name = named.replace("(", ".").rstrip(")")
                self.assertTrue(pathlib.Path("docs/man", name).exists(), f"{page}: {named}")

    def test_no_section_was_left_out(self):
        for page in PAGES:
            self.assertNotRegex(shown(page), r"@[A-Z_]+@")


if __name__ == "__main__":
    unittest.main(verbosity=2)
