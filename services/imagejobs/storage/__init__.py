"""Where images are stored: S3 or R2, the filesystem, or memory."""
