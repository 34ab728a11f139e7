#!/usr/bin/env python3
"""Draws docs/images/*.svg from the tables of docs/performance.md: one place for each figure.

    page_plots.py [--check]

With --check it draws nothing, and fails if the pictures are not those of the page any more.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/performance.md"
IMAGES = ROOT / "docs/images"

FIGURE = re.compile(r"([\d.]+) \(([\d.]+) to ([\d.]+)\)")

# Rows of the table of the fast path in its order: what they are called there, and in the picture.
# A row that says "the same" is read after the one before it.
FAST_PATH = [
    ("60-byte frames, two guest TAPs", "60-byte frames, two guest TAPs"),
    ("1,514-byte frames, the same", "1,514-byte frames, two guest TAPs"),
    ("TCP between two namespaces, 1 flow", "TCP, two namespaces, 1 flow"),
    ("the same, 8 flows", "TCP, two namespaces, 8 flows"),
    ("UDP of 18 bytes, the same", "UDP, two namespaces"),
    ("64 KiB super-frames, the same", "super-frames, two namespaces"),
    ("ping, the same", "ping, two namespaces"),
    ("guest TAP to a namespace, 60 bytes", "60-byte frames, TAP to namespace"),
    ("the same, 64 KiB super-frames", "super-frames, TAP to namespace"),
    ("TCP between two QEMU guests, two runs", "TCP, two QEMU guests"),
    ("TCP from a guest to a namespace, two runs", "TCP, QEMU guest to namespace"),
    ("CPU of the whole machine per frame at 50 kpps, TAPs", "CPU per frame, TAPs"),
    ("the same, namespaces", "CPU per frame, namespaces"),
]
LESS_IS_BETTER = ("ping", "CPU")


def table_rows(heading):
    """The cells of each row below a heading of the page."""
    section = PAGE.read_text("utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def beside_the_bridge():
    """A line for each figure: its row from below, ours by the bridge's, smallest, largest."""
    rows, lines, titles = iter(table_rows("The fast path beside the Linux bridge")), [], []
    for number, (name, label) in enumerate(FAST_PATH):
        row = next(row for row in rows if row[0] == name)
        kind = 1 if label.startswith(LESS_IS_BETTER) else 0
        for figures in FIGURE.findall(row[2]):
            lines.append(" ".join([str(len(FAST_PATH) - number), *figures, str(kind)]))
        titles.append(f'"{label}" {len(FAST_PATH) - number}')
    return f"""
set xrange [0:2]
set yrange [0.3:{len(FAST_PATH) + 0.7}]
set ytics ({", ".join(titles)})
set xlabel "vswitch divided by the Linux bridge, median and spread"
set arrow from 1, graph 0 to 1, graph 1 nohead lc rgb "#57606a" lw 2
set key outside top center horizontal
$figures << END
{chr(10).join(lines)}
END
plot $figures using ($5 == 0 ? $2 : NaN):1:3:4 with xerrorbars pt 7 lw 2 lc rgb "#1a7f37" \
       title "more is better", \
     $figures using ($5 == 1 ? $2 : NaN):1:3:4 with xerrorbars pt 7 lw 2 lc rgb "#0969da" \
       title "less is better"
"""


def through_a_worker():
    """Frames by their length: each system's column of the table of internal ports."""
    rows = table_rows("Throughput")
    head = next(row for row in rows if "VDE" in row)
    rows = [row for row in rows[rows.index(head) :] if row[1] == "kpps" and "9014" not in row[0]]
    lines = []
    for row in rows:
        length = re.fullmatch(r"internal, (\d+) bytes", row[0])[1]
        lines.append(" ".join([length, *(re.match(r"[\d.]+", cell)[0] for cell in row[2:])]))
    plots = ", ".join(
        f'$figures using 1:{i + 2} with linespoints lw 2 pt 7 ps 0.6 title "{system}"'
        for i, system in enumerate(head[2:])
    )
    return f"""
set logscale x 2
set xtics ({", ".join(line.split()[0] for line in lines)})
set yrange [0:*]
set xlabel "length of a frame, bytes"
set ylabel "1,000 frames a second"
set key outside top center horizontal
$figures << END
{chr(10).join(lines)}
END
plot {plots}
"""


def drawn(script):
    # Its own ground, so that it can be read on a dark page too.
    head = """
set terminal svg size 760,420 font "DejaVu Sans,12" background rgb "white" noenhanced
set grid lc rgb "#d0d7de"
set border lc rgb "#57606a"
"""
    return subprocess.run(
        ["gnuplot"], input=head + script, text=True, check=True, capture_output=True
    ).stdout


def main():
    wrong = 0
    for name, script in (
        ("beside-the-linux-bridge.svg", beside_the_bridge()),
        ("through-a-worker.svg", through_a_worker()),
    ):
        picture = IMAGES / name
        if sys.argv[1:] != ["--check"]:
            picture.write_text(drawn(script), "utf-8")
        elif not picture.exists() or picture.read_text("utf-8") != drawn(script):
            print(f"docs/images/{name} is not what docs/performance.md says: draw it anew")
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main())
