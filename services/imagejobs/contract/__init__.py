"""Loads the contracts of `contracts/`, for the server, its clients and the tests."""
