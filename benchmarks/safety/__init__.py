"""The cost of leases, their renewal, the reconciler and the check of the output while nothing fails."""
