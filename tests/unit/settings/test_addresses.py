import pytest
from imagejobs.settings.addresses import HIDDEN, http_address, mongodb_address, redis_address, shown

SECRET = "12sEcret"
ADDRESSES = [
    (redis_address, "redis://localhost:6379"),
    (redis_address, "redis://localhost"),
    (redis_address, "redis://[::1]:6379/0"),
    (redis_address, "redis://:p%2F%40@h:6379/1?socket_timeout=3"),
    (redis_address, "rediss://default:p%23@h:6379/?ssl_cert_reqs=none"),
    (redis_address, "unix:///run/redis.sock?db=1"),
    (mongodb_address, "mongodb://localhost:27017/image_jobs"),
    (mongodb_address, "mongodb://[::1]:27017/x?"),
    (mongodb_address, "mongodb://u:p%2F%40@a:1,b:2/x?replicaSet=rs0&authSource=admin"),
    (mongodb_address, "mongodb+srv://u:p@cluster0.example.invalid/x?retryWrites=true&w=majority&srvMaxHosts=2"),
]
NO_REDIS = [
    "localhost:6379",
    "http://localhost:6379",
    "redis://localhost:abc",
    "redis://localhost:99999",
    "redis://[::1",
    "redis://localhost/images",
    "redis://localhost?db=images",
    "redis://localhost?color=red",
    f"rediss://default:{SECRET}/x@h:6379",
    "rediss://default:12/34@h:6379",
    "rediss://default:12#34@h:6379",
    "rediss://default:12?34@h:6379",
]
NO_MONGODB = [
    "localhost:27017/x",
    "http://localhost:27017/x",
    "mongodb://localhost:27017",
    "mongodb://localhost:27017/?x=/y",
    "mongodb://localhost:abc/x",
    "mongodb://localhost:99999/x",
    f"mongodb://u:{SECRET}@x@h/x",
    f"mongodb://u:{SECRET}/x@h/x",
    "mongodb://u:12/34@h/x",
    "mongodb://u:12?34@h/x",
    "mongodb+srv://a.example.invalid:27017/x",
    "mongodb+srv://a.example.invalid,b.example.invalid/x",
]


@pytest.mark.parametrize(("check", "address"), ADDRESSES)
def test_an_address_stays_as_it_is(check: type, address: str) -> None:
    assert check(address) == address


@pytest.mark.parametrize("address", NO_REDIS)
def test_what_redis_py_would_not_take_or_take_for_another_place_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="percent-encoded") as caught:
        redis_address(address)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("address", NO_MONGODB)
def test_what_pymongo_would_not_take_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="percent-encoded") as caught:
        mongodb_address(address)
    assert SECRET not in str(caught.value)


def test_wrong_options_are_named_without_their_values() -> None:
    options = f"retryWrites=perhaps&w=majority&color={SECRET}"
    with pytest.raises(ValueError, match=r"not with the values given: retryWrites, color$"):
        mongodb_address(f"mongodb://u:p@h/x?{options}")


@pytest.mark.parametrize("option", ["readPreference=secondaryPreferred", "READPREFERENCE=nearest"])
@pytest.mark.parametrize("base", ["mongodb://h/x?w=majority&", "mongodb+srv://h.example.invalid/x?"])
def test_reads_from_members_that_lag_behind_are_refused(base: str, option: str) -> None:
    with pytest.raises(ValueError, match="readPreference must be primary"):
        mongodb_address(f"{base}{option}")
    assert mongodb_address(f"{base}readPreference=primary")


def test_options_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="contradict"):
        mongodb_address("mongodb://h/x?tls=true&ssl=false")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (f"https://u:{SECRET}@api.example:8443/x?y=1", "https://api.example:8443/x?y=1"),
        (f"http://{SECRET}@[::1]:3000", "http://[::1]:3000"),
        (f"http://u:{SECRET}@x@h", "http://h"),
        (f"me:{SECRET}@proxy.example:3128", "proxy.example:3128"),
        ("http://127.0.0.1:3000/a", "http://127.0.0.1:3000/a"),
        ("", ""),
    ],
)
def test_an_address_is_shown_without_its_password(address: str, expected: str) -> None:
    assert shown(address) == expected


@pytest.mark.parametrize(
    "address",
    [
        f"http://me:{SECRET}/x@proxy.example:3128",
        f"http://me:1/{SECRET}@proxy.example:3128",
        f"http://me:1?{SECRET}@proxy.example",
        f"http://me:1#{SECRET}@proxy.example",
        f"http://[{SECRET}@proxy.example",
    ],
)
def test_an_address_whose_password_has_no_certain_end_is_not_shown(address: str) -> None:
    assert shown(address) == HIDDEN


@pytest.mark.parametrize("address", [f"htp://u:{SECRET}@h", f"u:{SECRET}@h", f"http://[{SECRET}@h"])
def test_an_invalid_address_is_reported_without_its_password(address: str) -> None:
    with pytest.raises(ValueError, match="not an http:// or https:// address") as error:
        http_address(address)
    assert SECRET not in str(error.value)
