"""Multipart forms, as the clients of the world send them."""
