"""The HTTP API. Routes, validation and documentation come from the contract; endpoints are plain functions."""
