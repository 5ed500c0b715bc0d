"""What is done to a frame between decoding and encoding."""
