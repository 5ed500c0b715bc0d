"""What every process needs: a log, and a way to be stopped."""
