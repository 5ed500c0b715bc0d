"""The processing of a frame between decoding and encoding."""
