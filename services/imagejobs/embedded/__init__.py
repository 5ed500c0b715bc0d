"""`imagejobs up`: the whole system on this machine, on backing services of its own, under one supervisor."""
