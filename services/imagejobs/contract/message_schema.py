"""The queue message's schema, `contracts/task_queue.schema.json`, compiled once."""

import json
from functools import cache

from imagejobs.contract.files import contract_file
from imagejobs.contract.violations import Schema


def message_violation(message: object) -> str | None:
    """The first violation in a message of task_type `process_image`, or None.

    An unknown key is a violation too: a producer's mistake appears among the dead letters at once, and not when a
    later version gives the key a meaning.
    """
    violations = _schema().violations(message)
    if not violations:
        return None
    first = violations[0]
    return f"{first.field}: {first.message}" if first.field else first.message


@cache
def _schema() -> Schema:
    return Schema(json.loads(contract_file("task_queue.schema.json").read_bytes()))
