"""`imagejobs up` with the stand-in commands: stand_in_up.py DATA_DIR PORT."""

import sys
from pathlib import Path

from imagejobs.embedded.up import run_up
from imagejobs.errors import ConfigurationError
from imagejobs.settings.settings import load_settings
from rich.console import Console

PROGRAM = str(Path(__file__).with_name("stand_in_program.py"))

if __name__ == "__main__":
    try:
        run_up(
            load_settings(_env_file=None, storage="filesystem", api_tokens="first,second"),
            port=int(sys.argv[2]),
            data_dir=Path(sys.argv[1]),
            workers=2,
            console=Console(),
            command=lambda name: (sys.executable, PROGRAM, name),
        )
    except ConfigurationError as error:
        sys.exit(str(error))
