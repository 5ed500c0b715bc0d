"""The benchmarks are a program of the repository, not of the installed package: its folder is where they are found."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))
