"""Fault injection into whole systems, and the proof that no job is lost.

`history` and `recorder` record what clients and MongoDB saw. `checker` checks each sentence of the promise against
that history. `world` and `trial` run a system under observation. Each `test_*.py` injects specific faults; `soak`
injects random ones.
"""
