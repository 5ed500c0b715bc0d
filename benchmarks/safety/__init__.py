"""What leases, their renewal, the reconciler and the look at the output cost while nothing fails."""
