#!/usr/bin/env python3
"""Makes a manual page of its scdoc source and of what the programs know of themselves.

    make_page.py TEMPLATE VSWITCHCTL VSWITCHD >PAGE

A line such as @VERBS@ of the template stands for a section that is made of 'vswitchctl --json help'
and 'vswitchd --helpxml': one place for each thing.
"""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree


def escaped(text):
    """Text in which scdoc finds nothing to format."""
    return re.sub(r"([\\*_`])", r"\\\1", text)


def bold(text):
    return f"*{escaped(text)}*"


def sentence(text):
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def entry(term, *paragraphs):
    """A term, and what there is to say about it behind a tab."""
    lines = [term]
    for number, paragraph in enumerate(paragraphs):
        lines += ([""] if number > 0 else []) + [f"\t{line}" for line in paragraph.splitlines()]
    return "\n".join(lines) + "\n"


def prose(text):
    """Paragraphs of help's notes. No line may begin with what scdoc takes for a list."""
    words = " ".join(text.split())
    return escaped(words)


def flags(helped):
    for flag in helped["flags"]:
        is_letter = len(flag["name"]) == 1
        term = bold(("-" if is_letter else "--") + flag["name"])
        if flag["value"]:
            term = f"{term} _{flag['value']}_" if is_letter else f"{term[:-1]}=*_{flag['value']}_"
        of = f"{escaped(flag['verbs'])}: " if flag["verbs"] else ""
        text = escaped(flag["help"])
        yield entry(term, f"{of}{text}." if of else sentence(text))


def verbs(helped):
    for verb in helped["verbs"]:
        paragraphs = [sentence(escaped(verb["summary"]))]
        paragraphs += [prose(part) for part in verb["notes"].split("\n\n") if part.strip()]
        paragraphs.append(f"```\n{verb['example']}\n```")
        yield entry(f"{bold(verb['name'])} {escaped(verb['arguments'])}".rstrip(), *paragraphs)


def settings(helped, of):
    for key in helped["settings"]:
        if key["of"] != of:
            continue
        when = "; only when the port is added" if key["creation_only"] else ""
        more = f"{key['allowed']}; default: {key['default']}{when}"
        yield entry(f"{bold(key['key'] + '=')}_{escaped(key['value'])}_",
                    sentence(escaped(f"{key['help']} ({more})")))


def exit_codes(helped):
    for code in helped["exit_codes"]:
        yield entry(bold(str(code["code"])), sentence(escaped(code["text"])))


def daemon_flags(vswitchd):
    """Its own, and not those of its libraries."""
    text = subprocess.run([vswitchd, "--helpxml"], capture_output=True, text=True, check=False)
    for flag in xml.etree.ElementTree.fromstring(text.stdout).iter("flag"):
        is_ours = flag.findtext("file").endswith("vswitchd_main.cc")
        if not is_ours or len(flag.findtext("name")) == 1:
            continue
        default = flag.findtext("default") or "none"
        yield entry(f"{bold('--' + flag.findtext('name') + '=')}_VALUE_",
                    f"{sentence(escaped(flag.findtext('meaning')))} Default: {escaped(default)}.")


def without_idle_paragraphs(roff):
    """scdoc begins paragraphs that have no text, of which mandoc warns."""
    lines = []
    for line in roff.splitlines():
        # One that ends an indented block belongs behind it.
        if line == ".RE" and lines[-1] == ".P":
            lines[-1:] = [".RE", ".P"]
            while lines[-3] == ".P":
                del lines[-3]
        elif line == ".P" and (lines[-1] in (".P", ".RS 4") or lines[-1][:3] == ".SH"):
            continue
        else:
            if line[:3] == ".SH" and lines[-1] == ".P":
                del lines[-1]
            lines.append(line)
    while lines[-1] == ".P":
        del lines[-1]
    return "\n".join(lines)


def main():
    template, vswitchctl, vswitchd = sys.argv[1:]
    answer = subprocess.run([vswitchctl, "--json", "help"], capture_output=True, check=True)
    helped = json.loads(answer.stdout)
    sections = {
        "@FLAGS@": flags(helped),
        "@VERBS@": verbs(helped),
        "@BRIDGE_SETTINGS@": settings(helped, "bridge"),
        "@PORT_SETTINGS@": settings(helped, "port"),
        "@EXIT_CODES@": exit_codes(helped),
        "@DAEMON_FLAGS@": daemon_flags(vswitchd),
    }
    source = ""
    with open(template, encoding="utf-8") as lines:
        for line in lines:
            section = sections.get(line.strip())
            entries = list(section) if section else [line]
            if not entries:
                sys.exit(f"{template}: nothing is known for {line.strip()}")
            source += "\n".join(entries)
    roff = subprocess.run(["scdoc"], input=source, capture_output=True, text=True, check=True)
    print(without_idle_paragraphs(roff.stdout))


if __name__ == "__main__":
    main()
