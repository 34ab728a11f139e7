"""Results as text, JSON and plots."""

import dataclasses
import json
import os
import re
import shutil
import subprocess

from bench.suite import peers
from bench.suite.method import median, spread

TITLES = {peer.name: peer.title for peer in peers.ALL}


def title(system):
    return TITLES.get(system, system)


def number(value):
    if value is None:
        return "–"
    if abs(value) >= 100:
        return f"{value:.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.1 or value == 0 else f"{value:.2g}"


def with_spread(values):
    limits = spread(values)
    if limits is None:
        return "–"
    text = number(median(values))
    return text if len(values) == 1 else f"{text} ({number(limits[0])} to {number(limits[1])})"


def figure(cell, system):
    text = with_spread(cell.values.get(system, []))
    ratios = cell.ratios_to(system) if system != cell.ours and system in cell.values else []
    return f"{text}; **{with_spread(ratios)}**" if ratios else text


def limit_of(bar):
    if bar.straddles is not None:
        return f"straddles {number(bar.straddles)}"
    if bar.at_least is not None:
        return f"at least {number(bar.at_least)}"
    return f"at most {number(bar.at_most)}"


def bar_line(cell, bar, value, met):
    held = f"{value:.3f} of {title(bar.peer)}" if bar.peer else f"{number(value)} {cell.unit}"
    return f"- {cell.workload}: {held}, {limit_of(bar)}: {'met' if met else '**not met**'}"


def suite_text(cells):
    # Cells of the same systems share a table.
    tables = {}
    for cell in cells:
        tables.setdefault((cell.ours, *cell.values), []).append(cell)
    lines = []
    for (_, *systems), rows in tables.items():
        lines.append("| | unit | " + " | ".join(title(system) for system in systems) + " |")
        lines.append("|---" * (len(systems) + 2) + "|")
        for cell in rows:
            figures = " | ".join(figure(cell, system) for system in systems)
            lines.append(f"| {cell.workload} | {cell.unit} | {figures} |")
        lines.append("")
    remarks = [f"- {cell.workload}: {note}" for cell in cells for note in cell.notes]
    remarks += [bar_line(cell, *outcome) for cell in cells for outcome in cell.outcomes()]
    return lines + remarks + [""]


def markdown(machine, cells, skipped):
    lines = ["# Results", ""]
    lines += [f"- {key}: {value}" for key, value in machine.items()]
    lines += [f"- skipped: {what}: {why}" for what, why in skipped]
    lines += [
        "",
        "Medians (and spread) of all passes; in bold the first system's figure divided by this "
        "one's, pass by pass.",
        "",
    ]
    for suite in dict.fromkeys(cell.suite for cell in cells):
        lines += [f"## {suite}", ""]
        lines += suite_text([cell for cell in cells if cell.suite == suite])
    return "\n".join(lines)


def as_json(machine, cells, skipped):
    results = []
    for cell in cells:
        result = dataclasses.asdict(cell)
        result["medians"] = {system: median(values) for system, values in cell.values.items()}
        result["ratios"] = {s: cell.ratios_to(s) for s in cell.values if s != cell.ours}
        result["bars"] = [
            {**dataclasses.asdict(bar), "value": value, "met": met}
            for bar, value, met in cell.outcomes()
        ]
        results.append(result)
    return json.dumps({"machine": machine, "skipped": skipped, "results": results}, indent=1)


def plot(folder, group, cells):
    """One PNG: a line with error bars for each system, over the cells' x. Its data stays beside
    it."""
    # gnuplot counts a system without any figure as no data set at all.
    measured = (s for cell in cells for s, values in cell.values.items() if spread(values))
    systems = list(dict.fromkeys(measured))
    if not systems:
        return
    stem = os.path.join(folder, re.sub(r"\W+", "-", f"{cells[0].suite}-{group}").strip("-"))
    with open(f"{stem}.data", "w", encoding="utf-8") as data:
        for system in systems:
            for cell in cells:
                limits = spread(cell.values.get(system, []))
                if limits is not None:
                    data.write(f"{cell.x} {median(cell.values[system])} {limits[0]} {limits[1]}\n")
            data.write("\n\n")
    lines = ", ".join(
        f"'{stem}.data' index {i} with yerrorlines title '{title(system)}' noenhanced"
        for i, system in enumerate(systems)
    )
    script = f"""
set terminal png size 900,540 noenhanced
set output '{stem}.png'
set title '{group}'
set xlabel '{cells[0].axis}'
set ylabel '{cells[0].unit}'
set logscale x 2
set xtics ({', '.join(f'"{number(cell.x)}" {cell.x}' for cell in cells)})
set yrange [0:*]
set key outside bottom center horizontal
set grid
plot {lines}
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True, capture_output=True)


def write(folder, machine, cells, skipped):
    """results.json, report.md and the plots."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "results.json"), "w", encoding="utf-8") as file:
        file.write(as_json(machine, cells, skipped))
    with open(os.path.join(folder, "report.md"), "w", encoding="utf-8") as file:
        file.write(markdown(machine, cells, skipped))
    if shutil.which("gnuplot") is None:
        return
    groups = {}
    for cell in cells:
        if cell.group is not None:
            groups.setdefault((cell.suite, cell.group), []).append(cell)
    for (_, group), members in groups.items():
        if len(members) > 1:
            plot(folder, group, members)
