"""PNG (W3C PNG, third edition)."""
