"""Turns the parts of a multipart body into a Form that meets the contract."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starlette.datastructures import FormData, UploadFile

from imagejobs.api.binding.call import Form, ReceivedFile
from imagejobs.api.binding.errors import broken_contract
from imagejobs.contract.operations import RequestBody
from imagejobs.contract.unknown_names import unknown_name
from imagejobs.contract.violations import Violation

Part = str | UploadFile

A_FILE = "a file"
"""The value that stands for a file when the schema checks the form. Endpoints check the bytes (uploads.py)."""
_OF_AN_ARRAY = re.compile(r"(.+)\[\d*\]", re.DOTALL)


def to_form(body: RequestBody, parts: FormData) -> Form:
    """The form, checked against the contract. Raises ApiError 400."""
    by_name = _by_name(body, parts)
    problems = [problem for name, values in by_name.items() for problem in _misused(body, name, values)]
    texts: dict[str, str] = {}
    files: dict[str, list[ReceivedFile]] = {}
    for name, values in by_name.items():
        received = [each for each in values if isinstance(each, UploadFile)]
        if received:
            files[name] = [ReceivedFile(each.file, each.filename or "", each.size or 0) for each in received]
        elif isinstance(values[0], str):
            texts[name] = values[0]
    problems += body.schema.violations(_instance(body, texts, files))
    problems += [problem for name, many in files.items() for problem in _empty(name, many)]
    if problems:
        raise broken_contract(problems)
    return Form(texts, files)


def _by_name(body: RequestBody, parts: FormData) -> Mapping[str, Sequence[Part]]:
    """The parts by the contract's names, without file inputs in which no file was chosen."""
    found: dict[str, list[Part]] = {}
    for sent_as, value in parts.multi_items():
        if not _is_no_choice(value):
            found.setdefault(_contract_name(body, sent_as), []).append(value)
    return found


def _contract_name(body: RequestBody, sent_as: str) -> str:
    """`images` for `images[]` and `images[0]`, as PHP and axios write the name of an array."""
    match = None if sent_as in body.fields else _OF_AN_ARRAY.fullmatch(sent_as)
    field = body.fields.get(match[1]) if match else None
    return match[1] if match and field and field.is_array else sent_as


def _is_no_choice(value: Part) -> bool:
    """Whether no file was chosen: browsers then send a file without a name and without a byte."""
    return isinstance(value, UploadFile) and not value.filename and not value.size


def _misused(body: RequestBody, name: str, values: Sequence[Part]) -> Iterator[Violation]:
    field = body.fields.get(name)
    if field is None:
        yield unknown_name(name, "field of this form", body.fields)
        return
    if len(values) > 1 and not field.is_array:
        yield Violation(name, "is given more than once")
    if any(isinstance(value, UploadFile) != field.is_file for value in values):
        must_be = "must be a file, with a filename" if field.is_file else "must be text, not a file"
        yield Violation(name, must_be)


def _empty(name: str, files: Sequence[ReceivedFile]) -> Iterator[Violation]:
    if not all(file.size for file in files):
        yield Violation(name, "the file is empty")


def _instance(
    body: RequestBody, texts: Mapping[str, str], files: Mapping[str, Sequence[ReceivedFile]]
) -> dict[str, Any]:
    """The form as the JSON value that its schema describes, without unknown names, which are reported already."""
    shown: dict[str, Any] = {
        name: [A_FILE] * len(many) if name in body.fields and body.fields[name].is_array else A_FILE
        for name, many in files.items()
    }
    return {name: value for name, value in {**texts, **shown}.items() if name in body.fields}
