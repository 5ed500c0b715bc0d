"""The types of settings' values: what a value must look like, and what a person reads if it does not."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from imagejobs.settings.addresses import http_address, mongodb_address, redis_address
from imagejobs.settings.conversion import split_commas
from imagejobs.settings.proxies import proxy_address
from imagejobs.value_ranges import KEY_SEGMENT

_PREFIX = re.compile(f"(?:{KEY_SEGMENT}/)+")
"""Every key with such a prefix passes storage.keys.is_safe_key."""


def _with_slash(value: object) -> object:
    return f"{value.strip('/')}/" if isinstance(value, str) else value


def _token(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]+", value.get_secret_value()):
        raise ValueError("a token may contain only visible ASCII characters without spaces: it is an HTTP header")
    return value


def _output_prefix(value: str) -> str:
    if value.startswith("raw/"):
        raise ValueError(f"{value!r} is the prefix of the sources; choose another one, such as optimized/")
    if not _PREFIX.fullmatch(value):
        raise ValueError(
            f"{value!r} may contain only letters, digits, '-', '_', '.' and '/', and no segment may be empty or start "
            "with a dot; an example is optimized/"
        )
    return value


def _namespace(value: str) -> str:
    if not re.fullmatch(r"(?:[A-Za-z0-9][A-Za-z0-9._-]{0,63})?", value):
        raise ValueError(
            f"{value!r} may contain only letters, digits, '.', '_' and '-', must begin with a letter or a digit, and "
            "may have at most 64 characters; an example is staging"
        )
    return value


Token = Annotated[SecretStr, AfterValidator(_token)]
Tokens = Annotated[tuple[Token, ...], NoDecode, BeforeValidator(split_commas)]
Prefix = Annotated[str, BeforeValidator(_with_slash), AfterValidator(_output_prefix)]
Namespace = Annotated[str, AfterValidator(_namespace)]
BaseURL = Annotated[str, AfterValidator(http_address)]
ProxyURL = Annotated[str, AfterValidator(proxy_address)]
RedisAddress = Annotated[str, AfterValidator(redis_address)]
MongoDBAddress = Annotated[str, AfterValidator(mongodb_address)]
Seconds = Annotated[float, Field(gt=0, le=31_536_000)]
"""At most a year, so that a time this far in the future is still a valid date."""
