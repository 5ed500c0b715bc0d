"""Multipart forms in the dialects that HTTP clients send."""
