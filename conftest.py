"""For all tests and the processes they start: connect to this machine directly, past a proxy of the environment."""

import os

THIS_MACHINE = ("127.0.0.1", "localhost", "::1")

for _name in ("NO_PROXY", "no_proxy"):
    os.environ[_name] = ",".join(filter(None, (os.environ.get(_name), *THIS_MACHINE)))
