"""Addresses in settings. Each is validated with the parser of the library that will use it; nothing is looked up.

No message shows a Redis or MongoDB address, or a parser's message about one: a password that is not percent-encoded
may be anywhere in it.
"""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

HIDDEN = "(an address that is not shown because it may contain a password)"
ENCODING = "special characters in the user name and password must be percent-encoded (/ as %2F, @ as %40, # as %23)"


def parts_of(address: str) -> SplitResult:
    """The parts of an address, with the host in lower case; all empty if it cannot be parsed."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def shown(address: str) -> str:
    """The address without its user name and password, for logs and messages.

    HIDDEN if the rest may contain part of a password: it has a further `@`, or the host or port is not valid.
    """
    if "@" not in address:
        return address
    parts = parts_of(address if "://" in address else f"//{address}")
    place = parts.netloc.rpartition("@")[2]
    rest = parts._replace(netloc=place).geturl().removeprefix("//")
    return rest if _has_valid_port(parts) and "@" not in rest else HIDDEN


def is_this_machine(host: str) -> bool:
    """Whether the host name or address, in any spelling, is one of the loopback interface."""
    name = host.lower().rstrip(".")
    try:
        address = ip_address(name)
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def http_address(value: str) -> str:
    """The http:// or https:// address without its last slash; it may be empty. Raises ValueError."""
    parts = parts_of(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
        named = "the value" if "@" in value else repr(value)  # a password may be anywhere in it
        raise ValueError(f"{named} is not an http:// or https:// address")
    return value.rstrip("/")


def redis_address(value: str) -> str:
    """The address, if redis-py accepts it. Raises ValueError."""
    if not _is_redis_address(value):
        raise ValueError(
            "not of the form redis://USER:PASSWORD@HOST:PORT/NUMBER (or rediss://..., or unix://PATH) "
            f"with options that redis-py knows; {ENCODING}"
        )
    return value


def mongodb_address(value: str) -> str:
    """The address, if pymongo accepts it and it names a database. Raises ValueError.

    The servers of a mongodb+srv:// address are not looked up.
    """
    base, _, options = value.partition("?")
    if not _is_mongodb_base(base):
        raise ValueError(
            "not of the form mongodb://USER:PASSWORD@HOST:PORT/DATABASE "
            f"(or mongodb+srv://USER:PASSWORD@HOST/DATABASE); {ENCODING}"
        )
    known = [each for each in options.split("&") if each and not _is_for_lookup(base, each)]
    plain = base.replace("mongodb+srv://", "mongodb://", 1)
    wrong = [each.partition("=")[0] for each in known if not _pymongo_takes(f"{plain}?{each}")]
    if wrong:
        raise ValueError(f"the driver does not know these options, or not with the values given: {', '.join(wrong)}")
    if not _pymongo_takes(f"{plain}?{'&'.join(known)}"):
        raise ValueError("its options contradict each other")
    if any(re.match("readPreference=(?!primary$)", each, re.IGNORECASE) for each in known):
        raise ValueError("readPreference must be primary or left out: a secondary may not know yet who owns a job")
    return value


def _has_valid_port(parts: SplitResult) -> bool:
    try:
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_redis_address(value: str) -> bool:
    from redis import ConnectionPool, RedisError  # noqa: PLC0415 - a process without such an address does not load it

    try:
        parts = urlsplit(value)
        ConnectionPool.from_url(value).make_connection()  # this connects to nothing: it only reads the options
    except (ValueError, TypeError, OSError, RedisError):
        return False
    if parts.fragment or "@" in parts.query:  # part of a password that is not percent-encoded
        return False
    return parts.scheme == "unix" or re.fullmatch("/?[0-9]*", parts.path) is not None


def _is_mongodb_base(base: str) -> bool:
    if not re.fullmatch(r"mongodb(\+srv)?://[^/]+/[^/?#@]+", base):
        return False
    scheme, _, rest = base.partition("://")
    hosts = rest.partition("/")[0].rpartition("@")[2]
    return _pymongo_takes(f"mongodb://{rest}") and not (scheme == "mongodb+srv" and {":", ","} & set(hosts))


def _is_for_lookup(base: str, option: str) -> bool:
    return base.startswith("mongodb+srv:") and option.lower().startswith("srv")


def _pymongo_takes(uri: str) -> bool:
    from pymongo.errors import PyMongoError  # noqa: PLC0415 - as above: workers use no MongoDB
    from pymongo.uri_parser import parse_uri  # noqa: PLC0415

    try:
        parse_uri(uri)
    except (PyMongoError, ValueError, TypeError, OSError):
        return False
    return True
