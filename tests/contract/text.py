"""Rules for the contract's text: JSON written as YAML, with the same meaning in YAML 1.1 and 1.2."""

import re
from collections.abc import Iterator

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

STRING = "tag:yaml.org,2002:str"
JSON_SCALAR = re.compile(r"true|false|-?(0|[1-9][0-9]*)(\.[0-9]+)?")
NOT_TEXT_ELSEWHERE = re.compile(
    r"~|null|Null|NULL|true|True|TRUE|false|False|FALSE"  # YAML 1.2
    r"|y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF"  # YAML 1.1
    r"|[-+.0-9]\S*|=|<<|"  # numbers, dates and times in both versions, and ids that some readers take for numbers
)


def text_faults(text: str) -> list[str]:
    """The places that a YAML reader could misunderstand, each as `line: what`."""
    found = [
        f"{token.start_mark.line + 1}: {type(token).__name__} {getattr(token, 'value', '')}"
        for token in _odd_tokens(text)
    ]
    documents = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    if len(documents) != 1:
        return [*found, f"1: {len(documents)} documents, not one"]
    return [*found, *_faults(documents[0])]


def _odd_tokens(text: str) -> Iterator[yaml.Token]:
    """The tokens that JSON does not have: anchors, aliases, tags and directives."""
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        if isinstance(token, yaml.AnchorToken | yaml.AliasToken | yaml.TagToken | yaml.DirectiveToken):
            yield token


def _faults(node: Node) -> Iterator[str]:
    if isinstance(node, MappingNode):
        yield from _of_mapping(node)
    elif isinstance(node, SequenceNode):
        for each in node.value:
            yield from _faults(each)
    elif isinstance(node, ScalarNode) and node.style is None:
        yield from _of_plain(node)


def _of_mapping(node: MappingNode) -> Iterator[str]:
    names: set[str] = set()
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.tag != STRING or not isinstance(key, ScalarNode):
            yield f"{line}: the key {key.value} is not text"
        elif key.value in names:
            yield f"{line}: the key {key.value} occurs twice"
        names.add(str(key.value))
        yield from _faults(value)


def _of_plain(node: ScalarNode) -> Iterator[str]:
    line = node.start_mark.line + 1
    if node.tag != STRING and not JSON_SCALAR.fullmatch(node.value):
        yield f"{line}: {node.value or 'nothing'} is not written as in JSON"
    elif node.tag == STRING and NOT_TEXT_ELSEWHERE.fullmatch(node.value):
        yield f"{line}: {node.value} is text without quotes, which a reader may take for something else"
