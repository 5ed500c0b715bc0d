"""Reading the structure of image files without decoding them. Pure Python: the API loads it, too."""
