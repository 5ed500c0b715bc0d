"""Connections to MongoDB and Redis: their waits are limited, their errors translated, their outages logged."""
