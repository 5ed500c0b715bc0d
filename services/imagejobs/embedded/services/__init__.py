"""The backing services that run as children."""
