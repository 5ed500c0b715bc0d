"""image-jobs: upload an image, get an optimised WebP back, and never lose a job."""

__version__ = "0.2.0"
