"""`python -m imagejobs`, the same as `imagejobs`."""

from imagejobs.cli import app

if __name__ == "__main__":
    app()
