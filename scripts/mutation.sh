#!/bin/sh
# Mutation testing of jobs, queue_adapter, contract, worker and backoff.py: mutmut makes one change at a time and runs
# the tests that reach it. Prints the score of each package and every change that no test noticed.
# usage: scripts/mutation.sh [directory]     default: mutation/
# mutmut supports only the layouts `.` and `src/`, so it works on a copy with the package at the top.
set -eu

cd "$(dirname "$0")/.."
python=${PYTHON:-python}
work=${1:-mutation}
children=${CHILDREN:-2}

mkdir -p "$work"
rm -rf "$work/imagejobs" "$work/tests"
cp -r services/imagejobs "$work/imagejobs"
cp -r contracts "$work/imagejobs/contracts"
cp -r tests samples pyproject.toml .env.example "$work"
cd "$work"
# Without Docker, each mutant's tests use the repository in memory and the one over nx-27017.
DOCKER_HOST=unix:///nowhere "$python" -m mutmut run --max-children "$children" >mutmut.log 2>&1 || { tail -n 40 mutmut.log; exit 1; }
"$python" - <<'PYTHON'
import json
from collections import Counter
from pathlib import Path

PACKAGES = ("jobs", "queue_adapter", "contract", "worker", "backoff")
NOT_RUN = (33, None)  # exit codes of a mutant that no test reaches; it counts as a survivor
total, survivors = Counter(), []
print(f"{'package':15} {'mutants':>8} {'killed':>8} {'survived':>9} {'score':>7}")
for package in PACKAGES:
    counts = Counter()
    for meta in sorted(Path("mutants/imagejobs").rglob("*.meta")):
        if meta.relative_to("mutants/imagejobs").parts[0].removesuffix(".py.meta") != package:
            continue
        for name, code in json.loads(meta.read_text())["exit_code_by_key"].items():
            is_killed = code not in (0, *NOT_RUN)
            counts["killed" if is_killed else "survived"] += 1
            if not is_killed:
                survivors.append(name)
    total += counts
    print(f"{package:15} {counts.total():8} {counts['killed']:8} {counts['survived']:9} {counts['killed'] / counts.total():7.1%}")
score = total["killed"] / total.total()
print(f"{'all':15} {total.total():8} {total['killed']:8} {total['survived']:9} {score:7.1%}")
print("\n".join(survivors))
raise SystemExit(score < 0.85)
PYTHON
