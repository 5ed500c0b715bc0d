"""Decoding a file into frames."""
