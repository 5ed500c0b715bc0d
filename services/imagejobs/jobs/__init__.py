"""Image jobs: what they are, how they may change, and where they are recorded."""
