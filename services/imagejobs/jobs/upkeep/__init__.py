"""The sweep and the audit: they keep records and objects consistent."""
