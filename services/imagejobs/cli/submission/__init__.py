"""Files that a command line submits: found, uploaded, waited for, and saved as results."""
