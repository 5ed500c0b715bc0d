"""The services played over adapters in memory, one call at a time: what may happen between any two of their calls.

docs/reference/reliability.md, "The model".
"""
