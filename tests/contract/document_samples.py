"""Finds the samples that readers of a Markdown document copy, in the document's order.

Samples are JSON, requests, responses and shell commands in fenced blocks, and JSON and request names in code spans.
"""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

METHOD_LINE = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (/\S*)")
STATUS_LINE = re.compile(r"HTTP/1\.1 (\d{3})\b")
FENCE = re.compile(r"^( *)```(\w*)$")
CODE_SPAN = re.compile(r"`([^`]+)`")
SHELL = frozenset({"bash", "sh"})
REDIS_COMMANDS = frozenset({"LPUSH", "RPUSH", "BRPOP", "BLPOP", "LLEN", "LRANGE"})
CURL_ARGUMENTS = {
    "-X": "method",
    "--request": "method",
    "-H": "header",
    "--header": "header",
    "-F": "field",
    "--form": "field",
    "-d": "body",
    "--data": "body",
}


class UnreadableSample(Exception):
    """A text looks like a sample and cannot be parsed as one."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request. `command` is its curl command, or "" in a request block.

    Header names are in lower case. Form fields are (name, value); a file's value begins with @. `is_named_only` is set
    if the text gives only method and path.
    """

    method: str
    path: str
    query: str = ""
    headers: Sequence[tuple[str, str]] = ()
    fields: Sequence[tuple[str, str]] = ()
    body: str | None = None
    command: str = ""
    is_named_only: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A response body (it has `success`) and the request before it. `status` is None if the document omits it."""

    request: Request
    body: Any
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the task queue."""

    value: Any


@dataclass(frozen=True, slots=True)
class Update:
    """The body of a PATCH, shown without its request."""

    value: Any


@dataclass(frozen=True, slots=True)
class RedisLine:
    """A Redis command with its arguments. `command` is the redis-cli command, or "" without redis-cli."""

    words: Sequence[str]
    command: str = ""


Sample = Request | Answer | Message | Update | RedisLine


class Text(NamedTuple):
    """A fenced block with its language, or the prose between two blocks with language None."""

    language: str | None
    text: str


def samples(markdown: str) -> list[Sample]:
    """All samples of the document. Raises UnreadableSample."""
    found: list[Sample] = []
    for language, text in _texts(markdown):
        pieces = [text] if language is not None else [" ".join(span.split()) for span in CODE_SPAN.findall(text)]
        for piece in pieces:
            found += _samples_of(piece, language, found)
    return found


def section(markdown: str, title: str) -> str:
    """The text under a heading, including subsections. Raises ValueError if the heading does not exist."""
    lines: list[str] = []
    level = ""
    for language, text in _texts(markdown):
        if language is not None:
            lines += [f"```{language}", text, "```"] if level else []
            continue
        for line in text.splitlines():
            heading, _, name = line.partition(" ")
            if heading and not heading.strip("#") and (name == title or (level and len(heading) <= len(level))):
                level = heading if name == title else ""
            elif level:
                lines.append(line)
    if not lines:
        raise ValueError(f"there is no section {title!r}")
    return "\n".join(lines)


def _texts(markdown: str) -> Iterator[Text]:
    language: str | None = None
    indent, lines = "", list[str]()
    for line in markdown.splitlines():
        fence = FENCE.match(line)
        if fence and language is None:
            yield Text(None, "\n".join(lines))
            indent, language, lines = fence[1], fence[2], []
        elif fence:
            yield Text(language, "\n".join(lines))
            language, lines = None, []
        else:
            lines.append(line if language is None else line.removeprefix(indent))
    if language is not None:
        raise UnreadableSample(f"a block of {language!r} has no end")
    yield Text(None, "\n".join(lines))


def _samples_of(text: str, language: str | None, before: Sequence[Sample]) -> Iterator[Sample]:
    if text.startswith(("{", "[")) and language in {"json", None}:
        yield _json_sample(text, before)
    elif status := STATUS_LINE.match(text):
        yield Answer(_asked(before), _json(_halves(text)[1]), int(status[1]))
    elif METHOD_LINE.match(text):
        yield _request_block(text, is_span=language is None)
    elif language in SHELL or (language is None and text.startswith("redis-cli ")):
        for command in _commands(text):
            yield from _command_samples(command)
    elif language == "json":
        raise UnreadableSample(f"a JSON block begins neither with an object nor with a list: {text!r}")


def _json_sample(text: str, before: Sequence[Sample]) -> Sample:
    value = _json(text)
    match value:
        case {"success": _}:
            return Answer(_asked(before), value)
        case {"task_type": _}:
            return Message(value)
        case {"status": _}:
            return Update(value)
    raise UnreadableSample(f"neither an answer, nor a message, nor an update: {text!r}")


def _asked(before: Sequence[Sample]) -> Request:
    requests = [each for each in before if isinstance(each, Request) and not each.is_named_only]
    if not requests:
        raise UnreadableSample("an answer stands before all requests")
    return requests[-1]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UnreadableSample(f"not JSON, {error}: {text!r}") from error


def _halves(text: str) -> tuple[str, str]:
    head, _, body = text.partition("\n\n")
    return head, body.strip()


def _request_block(text: str, *, is_span: bool) -> Request:
    head, body = _halves(text)
    first, *lines = head.splitlines()
    named = METHOD_LINE.fullmatch(first)
    if named is None or any(": " not in line for line in lines):
        raise UnreadableSample(f"not a request: {text!r}")
    return _request(
        named[1], named[2], headers=[_header(each) for each in lines], body=body or None, named_only=is_span
    )


def _request(method: str, target: str, *, named_only: bool = False, **more: Any) -> Request:
    address = urlsplit(target)
    return Request(method, address.path, address.query, is_named_only=named_only, **more)


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


def _commands(text: str) -> Iterator[str]:
    """The commands of a shell text, each with its continuation lines."""
    command = ""
    for line in text.splitlines():
        if not command and (not line.strip() or line.startswith("#")):
            continue
        command += f"{line}\n"
        if not line.endswith("\\") and _words(command) is not None:
            yield command
            command = ""
    if command:
        raise UnreadableSample(f"a command has no end: {command!r}")


def _words(command: str) -> list[str] | None:
    """The command's words, split as the shell does; None if a quotation is still open."""
    try:
        return shlex.split(command.replace("\\\n", " "), comments=True)
    except ValueError:
        return None


def _command_samples(command: str) -> Iterator[Sample]:
    words = _words(command) or [""]
    if words[0] == "curl":
        yield _curl(command, words[1:])
    elif words[0] == "redis-cli":
        yield from _redis(words[1:], command)
    elif words[0].upper() in REDIS_COMMANDS:
        yield from _redis(words, "")


def _curl(command: str, words: Sequence[str]) -> Request:
    given: Mapping[str, list[str]] = {"method": [], "header": [], "field": [], "body": [], "address": []}
    rest = iter(words)
    for word in rest:
        if word.startswith("-") and word not in CURL_ARGUMENTS:
            raise UnreadableSample(f"an option {word} of curl that is not known here: {command!r}")
        value = next(rest, "") if word in CURL_ARGUMENTS else word
        given[CURL_ARGUMENTS.get(word, "address")].append(value)
    if len(given["address"]) != 1 or any(len(given[name]) > 1 for name in ("method", "body")):
        raise UnreadableSample(f"not one address, one method and one body: {command!r}")
    default = "POST" if given["body"] or given["field"] else "GET"
    return _request(
        next(iter(given["method"]), default),
        given["address"][0],
        headers=[_header(each) for each in given["header"]],
        fields=[(name, value) for name, _, value in (each.partition("=") for each in given["field"])],
        body=next(iter(given["body"]), None),
        command=command,
    )


def _redis(words: Sequence[str], command: str) -> Iterator[Sample]:
    yield RedisLine(words, command)
    if words and words[0] in {"LPUSH", "RPUSH"}:
        yield from (Message(_json(each)) for each in words[2:])
