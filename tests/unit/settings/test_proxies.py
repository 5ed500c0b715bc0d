import pytest
from imagejobs.errors import ConfigurationError
from imagejobs.settings.addresses import HIDDEN, is_this_machine
from imagejobs.settings.proxies import named_by_the_environment, proxy_to, through
from imagejobs.settings.settings import load_api_address, load_settings


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1.2.3", "localhost", "LOCALHOST", "localhost.", "api.localhost", "::1", "::ffff:127.0.0.1"],
)
def test_every_spelling_of_this_machine_is_known(host: str) -> None:
    assert is_this_machine(host)
    url = f"http://[{host}]:3000" if ":" in host else f"http://{host}:3000/base"
    assert proxy_to(url, "http://proxy:3128") == ""


@pytest.mark.parametrize(
    "host", ["", "api", "localhost.example", "127.0.0.1.example", "128.0.0.1", "10.0.0.1", "fe80::1"]
)
def test_other_machines_are_not_this_one(host: str) -> None:
    assert not is_this_machine(host)
    assert proxy_to(f"http://{f'[{host}]' if ':' in host else host}", "http://proxy:3128") == "http://proxy:3128"


@pytest.mark.parametrize(
    ("proxy", "expected"),
    [
        ("http://me:secret@proxy.example:3128", "http://proxy.example:3128"),
        ("https://proxy.example", "https://proxy.example"),
        ("http://me:secret@[::1]:3128", "http://[::1]:3128"),
        ("me:secret@proxy.example:3128", "proxy.example:3128"),
        ("http://me:sec/ret@proxy.example:3128", HIDDEN),
    ],
)
def test_a_proxy_is_named_without_its_password(proxy: str, expected: str) -> None:
    assert through(proxy) == f" through the proxy {expected}"


def test_without_a_proxy_there_is_nothing_to_show() -> None:
    assert through("") == ""


@pytest.mark.parametrize("name", ["api_proxy", "r2_proxy"])
@pytest.mark.parametrize(
    "value",
    [
        "proxy:3128",
        "socks5://proxy:1080",
        "http://",
        "http://me:sec/ret@proxy:3128",
        "http://me:secret@proxy:port",
        "http://proxy:0",
        "http://proxy:3128/path",
        "http://proxy:3128?secret",
    ],
)
def test_what_is_not_a_proxys_address_is_a_mistake_that_shows_nothing_of_it(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{name.upper()}: not of the form http://HOST:PORT") as caught:
        load_settings(_env_file=None, storage="filesystem", **{name: value})
    assert "sec" not in str(caught.value)


def test_a_proxys_password_is_not_in_the_settings_repr() -> None:
    proxies = {"api_proxy": "http://me:pa55word@proxy:3128/", "r2_proxy": "https://me:pa55word@proxy"}
    settings = load_settings(_env_file=None, storage="filesystem", **proxies)
    assert (settings.api_proxy, settings.r2_proxy) == ("http://me:pa55word@proxy:3128", "https://me:pa55word@proxy")
    assert "pa55word" not in repr(settings)
    assert "pa55word" not in repr(load_api_address(_env_file=None, api_proxy=proxies["api_proxy"]))


def test_variables_in_lower_case_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    assert named_by_the_environment() == {}
    monkeypatch.setenv("HTTP_PROXY", "http://upper")
    monkeypatch.setenv("http_proxy", "http://lower")
    monkeypatch.setenv("all_proxy", "socks5://all")
    assert named_by_the_environment() == {"HTTP_PROXY": "http://lower", "ALL_PROXY": "socks5://all"}
