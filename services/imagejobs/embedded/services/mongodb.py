"""MongoDB as a child: a `mongod` on PATH, else nx-27017, which speaks MongoDB's wire protocol and stores in SQLite.

The two keep their data in different files of DATA_DIR/mongodb. A directory with data of one server is never given to
the other: otherwise the jobs would disappear when somebody installs a `mongod`.
"""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from imagejobs.embedded.services.ports import LOOPBACK
from imagejobs.embedded.services.probes import mongodb_answers
from imagejobs.embedded.supervision.child_spec import ChildSpec
from imagejobs.errors import ConfigurationError

MISSING = (
    "MongoDB: found neither a `mongod` on PATH nor nx-27017. Install nx-27017 with "
    "`pip install 'image-jobs[embedded]'` or `make install`"
)
QUIET_NX_27017 = (
    "import logging; logging.disable(logging.INFO); from nx_27017.nx_27017 import main; raise SystemExit(main())"
)
"""nx-27017's console script without its two log lines per command, which no option turns off."""
DATABASE = "image_jobs"


def mongodb_uri(port: int, database: str = DATABASE) -> str:
    """The MONGODB_URI of the server on this port."""
    return f"mongodb://{LOOPBACK}:{port}/{database}"


def mongodb(data_dir: Path, port: int) -> ChildSpec:
    """Describe the MongoDB server that keeps its data in DATA_DIR/mongodb.

    Raises ConfigurationError if no server is installed, or if the server that wrote the existing data is missing.
    """
    directory = data_dir / "mongodb"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return ChildSpec(
        name="mongodb",
        argv=_arguments(directory, port),
        env=dict(os.environ),
        log_file=data_dir / "logs" / "mongodb.log",
        ready=lambda _started_at: mongodb_answers(port),
    )


def _arguments(directory: Path, port: int) -> tuple[str, ...]:
    mongod = shutil.which("mongod")
    written_by_nx = any(directory.glob("*.db"))
    written_by_mongod = any(directory.glob("WiredTiger*"))
    if mongod and not written_by_nx:
        return (mongod, "--bind_ip", LOOPBACK, "--port", str(port), "--dbpath", str(directory), "--quiet")
    if written_by_mongod:
        raise ConfigurationError(
            f"mongod: not found on PATH, but it wrote {directory}. Install it again, or use another --data-dir"
        )
    if importlib.util.find_spec("nx_27017") is None:
        raise ConfigurationError(MISSING)
    return _nx_27017_arguments(directory, port)


def _nx_27017_arguments(directory: Path, port: int) -> tuple[str, ...]:
    pid_file = directory / "nx-27017.pid"
    pid_file.unlink(missing_ok=True)  # a killed server leaves it; if its process id is in use, nx-27017 does not start
    options = {
        "--data-dir": str(directory),
        "--host": LOOPBACK,
        "--port": str(port),
        "--pid-file": str(pid_file),
        "--log-file": os.devnull,  # the same lines go to its standard error
    }
    return (sys.executable, "-P", "-c", QUIET_NX_27017, *(word for option in options.items() for word in option))
