"""A model of the services: they run over adapters in memory, one call at a time, and anything may happen between two
calls. See "The model" in docs/reference/reliability.md."""
