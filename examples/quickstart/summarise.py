"""Adds up a sales table by region and writes the result beside it."""

import csv
import json
import sys
from collections import defaultdict

source, target = sys.argv[1:3]
revenue: dict[str, float] = defaultdict(float)
with open(source, newline="") as table:
    for row in csv.DictReader(table):
        revenue[row["region"]] += int(row["units"]) * float(row["price"])

with open(target, "w") as result:
    json.dump({region: round(total, 2) for region, total in sorted(revenue.items())}, result)
print(f"{len(revenue)} regions written to {target}")
