import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imagejobs.contract.files import contract_file
from imagejobs.contract.message_schema import message_violation

SCHEMA = json.loads(contract_file("task_queue.schema.json").read_bytes())
ID = "655501d2f12a3d0f3c5a1002"


def message(image_job_id: object = ID, **extra: Any) -> dict[str, object]:
    return {"task_type": "process_image", "payload": {"imageJobID": image_job_id}, **extra}


@pytest.mark.parametrize("example", SCHEMA["examples"])
def test_the_examples_follow_the_schema(example: object) -> None:
    assert message_violation(example) is None


@given(st.from_regex("[0-9a-fA-F]{24}", fullmatch=True))
def test_every_object_id_is_taken(image_job_id: str) -> None:
    assert message_violation(message(image_job_id)) is None


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ([], r'^\[\] is not of type "object"'),
        ({}, "required"),
        (message(extra=1), "extra"),
        ({"task_type": "process_image", "payload": {"imageJobID": ID, "more": 1}}, "payload: .*more"),
        ({"task_type": "process_image", "payload": {}}, r"payload\.imageJobID: .*required"),
        (message(7), r"payload\.imageJobID"),
        (message(ID[1:]), r"payload\.imageJobID"),
        (message(ID + "0"), r"payload\.imageJobID"),
        (message(ID + "\n"), r"payload\.imageJobID"),
        (message("g" * 24), r"payload\.imageJobID"),
        (message("\ud800"), "not plain JSON"),
        (message(json.loads("[" * 900 + "]" * 900)), "not plain JSON"),
    ],
)
def test_every_other_fault_is_reported_with_its_place(wrong: object, reason: str) -> None:
    told = message_violation(wrong)
    assert told is not None
    assert re.search(reason, told)
