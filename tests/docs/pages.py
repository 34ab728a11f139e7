"""Reads the project's pages: their fenced blocks, and what is wrong with how they are written.

The conventions are those of README.md beside this file. Nothing is run here.
"""

import dataclasses
import re

# What a reader types, and what answers to it.
COMMANDS, OUTPUT = "sh", "output"
# Never commands. A transcript has prompts; the others are files and pictures.
TRANSCRIPT = "console"
OTHERS = {"text", "toml", "xml", "json", "ini", "nix", "python"}

FENCE = re.compile(r"( *)(`{3,})([^`]*)$")
NOT_RUN = re.compile(r"<!-- not run:(.*?)-->")
# A list's item, or a paragraph of one: what is indented behind it belongs to it.
LIST_ITEM = re.compile(r" *([-*+]|\d+[.)]) ")
# What may stand behind "sh": who runs the block, or that it is run until it says what it should.
OPTION = re.compile(r"eventually|guest=[\w.-]+")


@dataclasses.dataclass
class Block:
    """A fenced block. `line` is that of its first line of text, counted from 1."""

    language: str
    options: list
    line: int
    lines: list
    why_not_run: str = ""
    expected: "Block" = None

    @property
    def guest(self):
        """The guest that runs it, or None: this machine does."""
        return next((o.partition("=")[2] for o in self.options if o.startswith("guest=")), None)

    @property
    def eventually(self):
        return "eventually" in self.options


class Page:
    """The blocks of a page in order, and `mistakes`: "LINE: what is wrong"."""

    def __init__(self, text):
        self.blocks, self.mistakes = [], []
        self._reason = None
        self._last = None
        self._read(text.splitlines())

    @property
    def commands(self):
        return [b for b in self.blocks if b.language == COMMANDS]

    @property
    def run(self):
        return [b for b in self.commands if not b.why_not_run]

    def _wrong(self, line, what):
        self.mistakes.append(f"{line}: {what}")

    def _read(self, lines):
        number, in_list, before = 0, False, ""
        while number < len(lines):
            line = lines[number]
            fence = FENCE.fullmatch(line)
            if fence:
                number = self._read_block(lines, number, fence)
                before = ""
                continue
            if LIST_ITEM.match(line):
                in_list = True
            elif line and not line.startswith(" "):
                in_list = False
            if line.startswith("    ") and not before and not in_list:
                self._wrong(number + 1, "an indented block: fence it and name its language")
            if line.strip():
                self._read_prose(number + 1, line)
            before = line.strip()
            number += 1
        self._forget_reason(len(lines))

    def _read_prose(self, number, line):
        self._forget_reason(number)
        self._last = None
        reason = NOT_RUN.fullmatch(line.strip())
        if reason and not reason[1].strip():
            self._wrong(number, "'not run' without a reason")
        elif reason:
            self._reason = reason[1].strip()
        elif "<!-- not run" in line:
            self._wrong(number, "a reason stands on a line of its own: <!-- not run: WHY -->")

    def _forget_reason(self, number):
        if self._reason is not None:
            self._wrong(number, "'not run' stands right before the commands that it is about")
        self._reason = None

    def _read_block(self, lines, number, fence):
        """Reads the block that begins at `number`, returns the number behind its end."""
        indent, ticks, info = fence.groups()
        end = number + 1
        while end < len(lines) and lines[end].strip() != ticks:
            end += 1
        if end == len(lines):
            self._wrong(number + 1, "a fence that never ends")
        language, *options = info.split() or [""]
        text = [line.removeprefix(indent) for line in lines[number + 1 : end]]
        block = Block(language, options, number + 2, text)
        check = {COMMANDS: self._add_commands, OUTPUT: self._add_output}.get(language)
        if check:
            check(block)
        else:
            self._add_other(block)
        return end + 1

    def _add_commands(self, block):
        for option in block.options:
            if not OPTION.fullmatch(option):
                self._wrong(block.line - 1, f"'{option}' behind sh: it is eventually or guest=NAME")
        if any(line.startswith("$ ") for line in block.lines):
            self._wrong(block.line, "commands have no prompt; a transcript is 'console'")
        if not any(line.strip() for line in block.lines):
            self._wrong(block.line, "no command")
        block.why_not_run, self._reason = self._reason or "", None
        self.blocks.append(block)
        self._last = block

    def _add_output(self, block):
        if self._last is None or self._last.expected is not None:
            self._wrong(block.line - 1, "output stands right behind the commands that it is of")
        elif self._last.why_not_run:
            self._wrong(block.line - 1, "output of commands that are not run: make it console")
        else:
            self._last.expected = block
        self._forget_reason(block.line - 1)
        self.blocks.append(block)
        self._last = None

    def _add_other(self, block):
        known = OTHERS | {COMMANDS, OUTPUT, TRANSCRIPT}
        if block.language not in known:
            named = f"the language '{block.language}'" if block.language else "no language"
            self._wrong(block.line - 1, f"a fence of {named}: it is one of {sorted(known)}")
        prompt = block.lines and re.match(r"([\w.-]+)?[$#] ", block.lines[0])
        if block.language == TRANSCRIPT and not prompt:
            self._wrong(block.line, "a transcript begins with a prompt")
        self._forget_reason(block.line - 1)
        self.blocks.append(block)
        self._last = None


def answers(expected, actual):
    """Whether lines are as a page says: "..." stands for any text, alone in a line for lines."""
    pattern = ""
    for line in expected:
        if line.strip() == "...":
            pattern += r"(?:.*\n)*"
            continue
        pattern += ".*".join(re.escape(part) for part in line.rstrip().split("...")) + r"\n"
    text = "".join(line.rstrip() + "\n" for line in actual)
    return re.fullmatch(pattern, text) is not None


def files(root):
    """The pages that this is about, by name."""
    found = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    return {str(path.relative_to(root)): path for path in found if path.exists()}
