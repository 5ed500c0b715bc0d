"""Errors that a person can do something about end the command with a sentence, not with a traceback."""

import sys
from typing import Any

from typer.core import TyperGroup

from imagejobs.client.errors import ApiRefused, UnexpectedAnswer
from imagejobs.errors import BackingServiceUnavailable, ConfigurationError


class FailingInOneSentence(TyperGroup):
    """A group of commands whose foreseen errors are printed to standard error, with exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (ConfigurationError, BackingServiceUnavailable, ApiRefused, UnexpectedAnswer) as error:
            sys.stderr.write("".join(f"imagejobs: {line}\n" for line in str(error).splitlines()))
            raise SystemExit(1) from None
