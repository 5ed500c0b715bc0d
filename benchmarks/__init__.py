"""Benchmarks of the whole system on this machine. Run them by hand: `make bench`."""
