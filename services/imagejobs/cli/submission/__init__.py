"""The files of `imagejobs submit` and `demo`: found, uploaded, waited for, and saved as results."""
