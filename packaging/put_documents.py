#!/usr/bin/env python3
"""Puts the documents into a folder, as they are to be installed.

Usage: put_documents.py FOLDER

It has the tree of docs/, and packaging/grafana/ as grafana/. A link to a file of the sources that
is not installed becomes its text.
"""

import os
import pathlib
import re
import shutil
import sys

SOURCES = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = {"docs": ".", "docs/tasks": "tasks", "docs/guests": "guests", "docs/schema": "schema",
           "docs/images": "images", "packaging/grafana": "grafana"}
KINDS = (".md", ".json", ".svg", ".png")
# By debhelper, afterwards.
RENAMED = {"CHANGELOG.md": "changelog.gz"}
LINK = re.compile(r"(!?\[([^\]]*)\]\()([^)#]+)((?:#[^)]*)?\))")


def with_links(text, source, installed):
    """The page `source`; `installed` has each file's path by that of its source."""
    def resolve(link):
        before, words, target, after = link.groups()
        if "://" in target:
            return link[0]
        goal = installed.get((source.parent / target).resolve())
        if goal is None:
            return words
        goal = goal.with_name(RENAMED.get(goal.name, goal.name))
        return before + os.path.relpath(goal, installed[source].parent) + after
    return LINK.sub(resolve, text)


def main():
    folder = pathlib.Path(sys.argv[1])
    installed = {file: pathlib.Path(to) / file.name for name, to in FOLDERS.items()
                 for file in sorted((SOURCES / name).iterdir()) if file.suffix in KINDS}
    for file, path in installed.items():
        goal = folder / path
        goal.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".md":
            text = file.read_text(encoding="utf-8")
            goal.write_text(with_links(text, file, installed), encoding="utf-8")
        else:
            shutil.copyfile(file, goal)
        goal.chmod(0o644)


if __name__ == "__main__":
    main()
