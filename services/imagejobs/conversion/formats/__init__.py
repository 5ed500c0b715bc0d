"""What the bytes of a file say without decoding them: pure Python, which the API may load too."""
