"""The documents' samples, as readers copy them, follow the contract and match the API's responses.

The worker integration guide is not part of this project; the environment variable WORKER_INTEGRATION_GUIDE names its
file.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from contract.document_samples import (
    Answer,
    Message,
    RedisLine,
    Request,
    Sample,
    UnreadableSample,
    Update,
    samples,
    section,
)
from imagejobs.contract.message_schema import message_violation
from imagejobs.contract.openapi import Contract, load_contract
from imagejobs.contract.operations import JSON, Operation
from imagejobs.contract.violations import Schema
from imagejobs.jobs.errors import IdempotencyKeyReused, JobConflict
from imagejobs.task_queue.redis_keys import RedisKeys
from worlds.api_requests import image_file
from worlds.memory_api import memory_api

ROOT = Path(__file__).parents[2]
README, PROTOCOL = ROOT / "README.md", ROOT / "docs" / "reference" / "protocol.md"
GUIDE_VARIABLE = "WORKER_INTEGRATION_GUIDE"
GUIDE = os.environ.get(GUIDE_VARIABLE)
needs_guide = pytest.mark.skipif(not GUIDE, reason=f"{GUIDE_VARIABLE} does not name the guide's file")
DOCUMENTS = [
    pytest.param(README, id="README"),
    pytest.param(PROTOCOL, id="protocol"),
    pytest.param(Path(GUIDE or "-"), id="guide", marks=needs_guide),
]

JOB_ID, EVENT_ID = "655501d2f12a3d0f3c5a1002", "655501d2f12a3d0f3c5a1001"
STANDS_FOR = {"IMAGE_JOB_ID": JOB_ID, "EVENT_ID": EVENT_ID, ":id": JOB_ID, "...": JOB_ID, "…": JOB_ID}
"""Values for the placeholders that a reader replaces; an id may be any record's."""
LEFT_OUT = {"imageJobIds": [], "createdAt": "2024-01-01T00:00:00.000Z", "updatedAt": "2024-01-01T00:00:00.000Z"}
"""Fields that our contract requires of an event and that the guide's shorter event does not have."""
SECURITY = {"authorization": ("bearerAuth", r"Bearer \S+"), "x-worker-token": ("workerToken", r"\S+")}
REDIS_ARGUMENTS = {"LPUSH": r"\{.*\}", "BRPOP": r"\d+", "LLEN": r"", "LRANGE": r"-?\d+ -?\d+"}
"""The commands of the protocol: push left, pop right. RPUSH or BLPOP would reverse the order of messages."""
KEYS = RedisKeys("task_queue")
A_FILE = "a file"
"""Stands for each file of a form, whose schema requires at least one byte."""


def closed(node: Any) -> Any:
    """The contract with closed objects: a sample must not show a field that the contract does not name."""
    if isinstance(node, dict):
        return {
            name: False if (name, each) == ("additionalProperties", True) else closed(each)
            for name, each in node.items()
        }
    return [closed(each) for each in node] if isinstance(node, list) else node


def strict_contract() -> Contract:
    """The closed contract without lower-case statuses: old workers may send them, but documents must not show them."""
    document = closed(load_contract().document)
    update = document["components"]["schemas"]["StatusUpdate"]["properties"]
    update["status"] = {"$ref": "#/components/schemas/JobStatus"}
    return Contract(document)


CONTRACT = strict_contract()


def violations(sample: Sample, left_out: Mapping[str, Any]) -> Iterator[str]:
    """The faults of a sample."""
    match sample:
        case Request():
            yield from request_violations(sample)
        case Answer():
            yield from answer_violations(sample, left_out)
        case Message(value):
            yield from filter(None, [message_violation(filled_in(value))])
        case Update(value):
            yield from said(body_schema(CONTRACT.operations["updateImageJobStatus"]), filled_in(value))
        case RedisLine(words):
            command, key, *arguments = (*words, "", "")[: max(2, len(words))]
            if not re.fullmatch(REDIS_ARGUMENTS.get(command, "no such command"), " ".join(arguments)):
                yield f"not a command of the protocol: {' '.join(words)}"
            if key not in {KEYS.name, KEYS.dead}:
                yield f"not a key of the protocol: {key}"


def request_violations(request: Request) -> Iterator[str]:
    operation = operation_of(request)
    if operation is None:
        yield f"no operation {request.method} {request.path}"
        return
    yield from parameter_violations(
        operation, "query", dict(parse_qsl(request.query, strict_parsing=bool(request.query)))
    )
    if not request.is_named_only:
        yield from header_violations(operation, request)
        yield from body_violations(operation, request)


def parameter_violations(operation: Operation, location: str, given: Mapping[str, str]) -> Iterator[str]:
    known = {each.name.lower(): each for each in operation.parameters if each.location == location}
    for name, value in given.items():
        parameter = known.get(name.lower())
        if parameter is None or (location == "query" and parameter.name != name):
            yield f"{operation.id} has no {location} parameter {name}"
        else:
            yield from said(parameter.schema, int(value) if parameter.is_integer else value)


def header_violations(operation: Operation, request: Request) -> Iterator[str]:
    headers = dict(request.headers)
    content_type = headers.pop("content-type", None)
    if operation.body and content_type != (None if request.fields else operation.body.content_type):
        yield f"{operation.id} does not take Content-Type {content_type}"
    for name, (scheme, form) in SECURITY.items():
        value = headers.pop(name, None)
        if value is not None and not re.fullmatch(form, value):
            yield f"{name} is not {form}"
        if value is not None and not any(scheme in alternative for alternative in operation.security):
            yield f"{operation.id} does not take {name}"
    yield from parameter_violations(operation, "header", headers)


def body_violations(operation: Operation, request: Request) -> Iterator[str]:
    if operation.body is None:
        if request.body is not None or request.fields:
            yield f"{operation.id} takes no body"
    elif operation.body.content_type == JSON:
        try:
            yield from said(operation.body.schema, filled_in(json.loads(request.body or "")))
        except ValueError as error:
            yield f"{operation.id}: the body is not JSON: {error}"
    else:
        yield from form_violations(operation, request)


def form_violations(operation: Operation, request: Request) -> Iterator[str]:
    assert operation.body
    known = operation.body.fields
    times = Counter(name for name, _ in request.fields)
    for name, value in request.fields:
        field = known.get(name)
        if field and field.is_file != value.startswith("@"):
            yield f"{name} must {'' if field.is_file else 'not '}be a file"
        if field and times[name] > 1 and not field.is_array:
            yield f"{name} is given more than once"
    form = {
        name: [A_FILE] * times[name] if name in known and known[name].is_array else _shown(value)
        for name, value in request.fields
    }
    yield from said(operation.body.schema, form)


def _shown(value: str) -> str:
    return A_FILE if value.startswith("@") else value


def answer_violations(answer: Answer, left_out: Mapping[str, Any]) -> Iterator[str]:
    operation = operation_of(answer.request)
    if operation is None:
        return  # its request is reported already
    body = filled_in(answer.body)
    if operation.id.endswith("Event") and "data" in body:
        body["data"] = {**left_out, **body["data"]}
    status = answer.status or next(each for each in operation.responses if each < 300)
    rule = operation.responses.get(status)
    if rule is None:
        yield f"{operation.id} does not answer {status}"
    else:
        yield from said(rule.content[JSON], body)


def said(schema: Schema, value: Any) -> list[str]:
    return [f"{each.field}: {each.message}" for each in schema.violations(value)]


def operation_of(request: Request) -> Operation | None:
    path = "/".join(filled_in(request.path.split("/")))
    for operation in CONTRACT.operations.values():
        pattern = re.escape(operation.path).replace(r"\{id\}", "[0-9a-f]{24}")
        if operation.method == request.method and re.fullmatch(pattern, path):
            return operation
    return None


def body_schema(operation: Operation) -> Schema:
    assert operation.body
    return operation.body.schema


def filled_in(value: Any, ids: Mapping[str, str] = STANDS_FOR) -> Any:
    """The value with its placeholders replaced by ids."""
    if isinstance(value, dict):
        return {name: filled_in(each, ids) for name, each in value.items()}
    if isinstance(value, list):
        return [filled_in(each, ids) for each in value]
    return ids.get(value, value) if isinstance(value, str) else value


def problems(text: str, left_out: Mapping[str, Any] | None = None) -> list[str]:
    return [f"{each}: {wrong}" for each in samples(text) for wrong in violations(each, left_out or {})]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_samples_follow_the_contract(document: Path) -> None:
    left_out = LEFT_OUT if document not in {README, PROTOCOL} else {}
    assert problems(document.read_text(encoding="utf-8"), left_out) == []


def kinds(text: str) -> Counter[str]:
    def kind(sample: Sample) -> str:
        if isinstance(sample, Request):
            return "named" if sample.is_named_only else "curl" if sample.command else "block"
        return type(sample).__name__

    return Counter(map(kind, samples(text)))


EXPECTED = {
    "README": {"curl": 4, "named": 1, "Message": 1},
    "protocol": {"curl": 5, "block": 2, "named": 1, "Answer": 3, "Message": 1, "Update": 4, "RedisLine": 6},
    "guide": {"curl": 5, "block": 6, "named": 6, "Answer": 2, "Message": 2, "RedisLine": 6},
}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_as_many_samples_are_found_as_stand_there(document: Path, request: pytest.FixtureRequest) -> None:
    least = Counter(EXPECTED[request.node.callspec.id])
    assert least - kinds(document.read_text(encoding="utf-8")) == Counter()


@pytest.mark.parametrize(
    ("document", "title"),
    [
        pytest.param(PROTOCOL, "By hand", id="protocol"),
        pytest.param(Path(GUIDE or "-"), "Testing", id="guide", marks=needs_guide),
    ],
)
def test_the_answers_show_the_fields_that_the_api_answers(document: Path, title: str) -> None:
    text = document.read_text(encoding="utf-8")
    answered = walked_through(section(text, title))
    shown = [each for each in samples(text) if isinstance(each, Answer) and each.body["success"]]
    assert len(shown) >= 2
    for each in shown:
        operation, fields = operation_of(each.request), set(fields_of(each.body))
        real = [real for asked, real in answered if asked == operation]
        assert any(fields == one if document == PROTOCOL else fields <= one for one in real), (fields, real)


def walked_through(text: str) -> list[tuple[Operation | None, set[str]]]:
    """Send the text's curl commands to the API in memory; the operation of each, and its response's fields."""
    client, ids = memory_api().client(), dict[str, str]()
    answered = []
    for each in samples(text):
        if isinstance(each, Request) and each.command:
            answer = sent(client, each, ids)
            assert answer.is_success, answer.text
            data = answer.json()["data"]
            ids = ids or {"EVENT_ID": data["_id"], "IMAGE_JOB_ID": data["imageJobIds"][0]}
            answered.append((operation_of(each), set(fields_of(answer.json()))))
    return answered


def sent(client: Any, request: Request, ids: Mapping[str, str]) -> Any:
    body: dict[str, Any] = {"content": request.body} if request.body else {}
    if request.fields:
        body = {
            "data": {name: value for name, value in request.fields if not value.startswith("@")},
            "files": [(name, image_file()) for name, value in request.fields if value.startswith("@")],
        }
    path = "/".join(filled_in(request.path.split("/"), ids))
    return client.request(request.method, path, headers=dict(request.headers), **body)


def fields_of(value: Any, where: str = "") -> Iterator[str]:
    """The path of each field of a value, such as `.data.images.url`."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield f"{where}.{name}"
            yield from fields_of(each, f"{where}.{name}")
    elif isinstance(value, list):
        for each in value:
            yield from fields_of(each, where)


def test_the_protocol_explains_every_conflict_that_a_worker_may_meet() -> None:
    text = PROTOCOL.read_text(encoding="utf-8")
    met = {each.code for each in JobConflict.__subclasses__()} - {IdempotencyKeyReused.code}
    assert set(re.findall(r"^\| 409 `(\w+)`", text, re.MULTILINE)) == met


UPDATE = "PATCH /api/image-jobs/:id/status\nContent-Type: application/json\n\n{}"
CURL = "curl http://localhost:3000/api"


def block(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"


GOOD = {
    "update": block("http", UPDATE.format('{"status": "PROCESSING"}')),
    "message": block("json", '{"task_type": "process_image", "payload": {"imageJobID": "..."}}'),
    "upload": block("bash", f'{CURL}/image-jobs -F entityType=other -F entityId=1 -F "image=@photo.jpg"'),
    "conflict": block("http", UPDATE.format('{"status": "FAILED"}'))
    + "\n"
    + block("http", 'HTTP/1.1 409 Conflict\n\n{"success": false, "message": "no", "error": {"code": "job_held"}}'),
    "look": block("bash", f'{CURL}/image-jobs/IMAGE_JOB_ID \\\n  -H "Authorization: Bearer YOUR_TOKEN"'),
    "list": "Ask `GET /api/image-jobs?entityType=event&limit=5`.",
    "push": block(
        "bash", """redis-cli LPUSH task_queue '{"task_type":"process_image","payload":{"imageJobID":"..."}}'"""
    ),
    "pop": block("bash", "BRPOP task_queue 0"),
    "range": block("bash", "redis-cli LRANGE task_queue:dead 0 -1"),
    "delete": "   1. So:\n\n" + "   ```bash\n   DELETE /api/image-jobs/:id\n   ```",
}
SLIPS = [
    ("update", "PROCESSING", "Processing"),
    ("update", "PROCESSING", "processing"),
    ("update", '"status"', '"Status"'),
    ("update", "Content-Type: application/json", "Accept: application/json"),
    ("update", "application/json", "text/plain"),
    ("update", '"PROCESSING"', '"COMPLETED"'),
    ("update", '"PROCESSING"', '"PROCESSING", "leaseSecond": 20'),
    ("update", '"PROCESSING"', '"PROCESSING",'),
    ("update", "PATCH", "PUT"),
    ("update", "/status", "/state"),
    ("message", "imageJobID", "imageJobId"),
    ("message", "process_image", "processImage"),
    ("message", "}}", '}, "more": 1}'),
    ("upload", "entityType", "entitytype"),
    ("upload", "other", "Other"),
    ("upload", "@photo.jpg", "photo.jpg"),
    ("upload", "entityId=1", "entityId=@1"),
    ("upload", "-F entityId=1", "-F entityId=1 -F entityId=2"),
    ("upload", "-F entityId=1 ", ""),
    ("upload", "-F entityId=1", "-H 'X-Worker-Token: T' -F entityId=1"),
    ("upload", "-F entityId=1", "-H 'Idempotency-Key: two words' -F entityId=1"),
    ("upload", "-F entityId=1", "-H 'Content-Type: application/json' -F entityId=1"),
    ("conflict", "job_held", "Job-Held"),
    ("conflict", "409", "418"),
    ("conflict", '"message"', '"msg"'),
    ("look", "Bearer", "Token"),
    ("look", "IMAGE_JOB_ID", "JOB"),
    ("look", "image-jobs", "imagejobs"),
    ("look", "Authorization", "Authorisation"),
    ("look", "-H", "-d '{}' -H"),
    ("list", "entityType", "entitytype"),
    ("list", "event", "party"),
    ("list", "limit=5", "limit=500"),
    ("push", "LPUSH", "RPUSH"),
    ("push", "task_queue", "task-queue"),
    ("push", "imageJobID", "imageJobId"),
    ("pop", "BRPOP", "BLPOP"),
    ("pop", " 0", ""),
    ("range", "dead", "lost"),
    ("range", " -1", ""),
    ("delete", "DELETE", "POST"),
]


@pytest.mark.parametrize("name", GOOD)
def test_a_good_sample_is_found_and_passes(name: str) -> None:
    assert samples(GOOD[name])
    assert problems(GOOD[name]) == []


@pytest.mark.parametrize(("name", "right", "wrong"), SLIPS)
def test_a_slip_is_noticed(name: str, right: str, wrong: str) -> None:
    assert right in GOOD[name]
    assert problems(GOOD[name].replace(right, wrong))


@pytest.mark.parametrize(
    "text",
    [
        "```json\n{}",
        block("json", '{"status": "PROCESSING",}'),
        block("json", '"PROCESSING"'),
        block("json", '{"state": "PROCESSING"}'),
        block("json", '{"success": true, "data": {}}'),
        block("bash", f"{CURL}/events --jason '{{}}'"),
        block("bash", f"{CURL}/events {CURL}/events"),
        block("bash", f"{CURL}/events -d 'no end"),
        block("bash", "redis-cli LPUSH task_queue 'no JSON'"),
        block("http", "GET /api/events HTTP/1.1"),
        block("http", "GET /api/events\nno header"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(UnreadableSample):
        samples(text)


def test_a_section_ends_where_the_next_one_begins() -> None:
    text = f"# A\n1\n## B\n2\n### C\n{block('bash', '# D')}\n## E\n3"
    assert section(text, "B") == "2\n### C\n" + block("bash", "# D")
    assert section(text, "E") == "3"
    with pytest.raises(ValueError, match="no section 'D'"):
        section(text, "D")
