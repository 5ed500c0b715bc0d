"""The written contracts of `contracts/`, loaded once, and used by the server, its clients and the tests alike."""
