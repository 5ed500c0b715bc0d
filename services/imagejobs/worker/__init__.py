"""Dramatiq workers: one image job at a time, known to the API only through the HTTP contract."""
