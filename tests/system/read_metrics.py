#!/usr/bin/env python3
"""Reads an exposition as Prometheus's own client library does, and prints it as JSON.

    read_metrics.py FILE

{"families": {NAME: TYPE}, "samples": {NAME: [{"labels": {...}, "value": N}]}}. Ends with an error
for what the library does not take, a family without a help, and a series that is there twice.
"""

import json
import sys

from prometheus_client.parser import text_string_to_metric_families


def main():
    with open(sys.argv[1], encoding="utf-8", newline="") as file:
        text = file.read()
    families, samples, seen = {}, {}, set()
    for family in text_string_to_metric_families(text):
        # The library takes the suffix off a counter's name.
        name = family.name + ("_total" if family.type == "counter" else "")
        if not family.documentation or family.type not in ("counter", "gauge", "histogram"):
            sys.exit(f"{name}: type {family.type}, help '{family.documentation}'")
        if name in families:
            sys.exit(f"{name} is there twice")
        families[name] = family.type
        for sample in family.samples:
            series = (sample.name, tuple(sorted(sample.labels.items())))
            if series in seen:
                sys.exit(f"{series} is there twice")
            seen.add(series)
            row = {"labels": sample.labels, "value": sample.value}
            samples.setdefault(sample.name, []).append(row)
    json.dump({"families": families, "samples": samples}, sys.stdout)


if __name__ == "__main__":
    main()
