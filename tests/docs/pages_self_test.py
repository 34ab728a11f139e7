#!/usr/bin/env python3
"""Shows that pages which are wrongly written are told, and what answers to what a page says."""

import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import pages

RIGHT = """\
# A page

```sh
ls
```

```output
a
...
```

<!-- not run: it would end this machine -->
```sh
sudo poweroff
```

1. In a list.

    More of the first item.

   ```sh guest=vm0
   ip link
   ```

```sh eventually
true
```

```console
vm0# ls
```

```toml
a = 1
```
"""

# What is wrong, and a word of what is said of it.
WRONG = [
    ("text\n\n    ls\n", "indented"),
    ("```\nls\n```\n", "no language"),
    ("```shell\nls\n```\n", "'shell'"),
    ("```sh\nls\n", "never ends"),
    ("```sh\n$ ls\n```\n", "prompt"),
    ("```sh\n```\n", "no command"),
    ("```sh sometimes\nls\n```\n", "'sometimes'"),
    ("```console\nls\n```\n", "prompt"),
    ("```output\na\n```\n", "right behind"),
    ("```sh\nls\n```\ntext\n```output\na\n```\n", "right behind"),
    ("```sh\nls\n```\n```output\na\n```\n```output\na\n```\n", "right behind"),
    ("<!-- not run: -->\n```sh\nls\n```\n", "without a reason"),
    ("text <!-- not run: why -->\n```sh\nls\n```\n", "line of its own"),
    ("<!-- not run: why -->\ntext\n```sh\nls\n```\n", "right before"),
    ("<!-- not run: why -->\n```text\nls\n```\n", "right before"),
    ("<!-- not run: why -->\n", "right before"),
    ("<!-- not run: why -->\n```sh\nls\n```\n```output\na\n```\n", "make it console"),
]

# Expected, said, whether the one answers to the other.
ANSWERS = [
    ("a\nb", "a\nb", True),
    ("a", "a  ", True),
    ("a", "a\nb", False),
    ("a", "", False),
    ("a ... c", "a b c", True),
    ("a ... c", "a c", False),
    ("a...", "b", False),
    ("...\nb", "a\na\nb", True),
    ("...\nb", "b", True),
    ("a\n...", "b\na", False),
    ("a.c", "abc", False),
]


class PagesTest(unittest.TestCase):
    def test_a_page_that_keeps_the_conventions(self):
        page = pages.Page(RIGHT)
        self.assertEqual(page.mistakes, [])
        self.assertEqual([b.lines[0] for b in page.run], ["ls", "ip link", "true"])
        self.assertEqual(page.commands[1].why_not_run, "it would end this machine")
        self.assertEqual(page.run[0].expected.lines, ["a", "..."])
        self.assertEqual(page.run[0].line, 4)
        self.assertEqual(page.run[1].guest, "vm0")
        self.assertTrue(page.run[2].eventually)

    def test_a_page_that_does_not(self):
        for text, word in WRONG:
            mistakes = pages.Page(text).mistakes
            self.assertEqual(len(mistakes), 1, (text, mistakes))
            self.assertIn(word, mistakes[0])

    def test_answers(self):
        for expected, said, same in ANSWERS:
            self.assertIs(pages.answers(expected.splitlines(), said.splitlines()), same, expected)


if __name__ == "__main__":
    # Bazel starts this through a link into the source tree, which is to stay as it is.
    unittest.main()
