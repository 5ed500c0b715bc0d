"""Benchmarks of the whole system on this machine; run by hand: `make bench`."""
