#!/bin/sh
# Puts faults into jobs, queue_adapter, contract and worker, one by one, and runs the unit tests against each: mutmut.
# usage: scripts/mutation.sh [directory]     default: mutation/; prints the score per package and every survivor
# mutmut knows the layouts `.` and `src/`, so it works on a copy in which the package lies at the top.
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
# Without Docker: the repository is tried in memory and over nx-27017, anew for each mutant.
DOCKER_HOST=unix:///nowhere "$python" -m mutmut run --max-children "$children" >mutmut.log 2>&1 || { tail -n 40 mutmut.log; exit 1; }
"$python" - <<'PYTHON'
import json
from collections import Counter
from pathlib import Path

PACKAGES = ("jobs", "queue_adapter", "contract", "worker")
NOT_RUN = (33, None)  # no test reaches it; counted as survived
total, survivors = Counter(), []
print(f"{'package':15} {'mutants':>8} {'killed':>8} {'survived':>9} {'score':>7}")
for package in PACKAGES:
    counts = Counter()
    for meta in sorted(Path("mutants/imagejobs", package).rglob("*.meta")):
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
