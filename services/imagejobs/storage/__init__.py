"""Where images lie: S3 or R2, the filesystem, or memory."""
