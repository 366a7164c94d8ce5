"""Adds up the visits of each page and leaves out the rows that have none: clean.py SOURCE TARGET."""

import csv
import sys

source, target = sys.argv[1:3]
visits: dict[str, int] = {}
dropped = 0
with open(source, newline="") as table:
    for row in csv.DictReader(table):
        if row["visits"].isdigit():
            visits[row["page"]] = visits.get(row["page"], 0) + int(row["visits"])
        else:
            dropped += 1

with open(target, "w", newline="") as result:
    csv.writer(result, lineterminator="\n").writerows(visits.items())
print(f"{len(visits)} pages, {dropped} rows dropped")
