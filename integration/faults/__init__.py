"""Faults put into whole systems on purpose, and the proof over everything that was seen that nothing was lost.

`history` and `recorder` write down what clients and MongoDB saw, `checker` holds each sentence of the promise against
it, `world` and `trial` run a system for both. Each `test_*.py` injects faults; `soak` injects them at random.
"""
