"""The API's connections: how long a client may take, how many there may be, and how one ends."""
