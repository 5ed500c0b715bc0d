"""Connections to MongoDB and Redis: bounded, translated, and reported when they fail."""
