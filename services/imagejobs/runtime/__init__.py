"""What every process needs: a log, log lines about long troubles, and a way to be stopped."""
