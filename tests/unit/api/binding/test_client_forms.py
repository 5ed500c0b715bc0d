"""Multipart forms exactly as well-known clients write them are accepted; malformed ones are refused."""

import base64
import gzip
from typing import Any

import pytest
from worlds.api_requests import assert_error, image_bytes
from worlds.memory_api import MemoryApi, memory_api

PNG = image_bytes()


@pytest.fixture
def api() -> MemoryApi:
    return memory_api()


def body(*parts: tuple[str, bytes], boundary: str) -> bytes:
    """A multipart body; each part is a pair of its headers, joined by CRLF, and its data."""
    lines = b"".join(f"--{boundary}\r\n{head}\r\n\r\n".encode() + data + b"\r\n" for head, data in parts)
    return lines + f"--{boundary}--\r\n".encode()


def post(api: MemoryApi, content: bytes, content_type: str, **headers: str) -> Any:
    return api.client().post("/api/events", content=content, headers={"Content-Type": content_type, **headers})


NAME = ('Content-Disposition: form-data; name="name"', b"Test Event")


def image_part(rest: str = 'name="images"; filename="photo.png"', data: bytes = PNG) -> tuple[str, bytes]:
    return f"Content-Disposition: form-data; {rest}\r\nContent-Type: image/png", data


CLIENTS: dict[str, tuple[bytes, str, list[str]]] = {
    "curl": (
        body(NAME, image_part(), boundary="------------------------d74496d66958873e"),
        "multipart/form-data; boundary=------------------------d74496d66958873e",
        ["photo.png"],
    ),
    "undici": (
        body(
            NAME,
            image_part('name="images"; filename="naïve é.png"'),
            boundary="----formdata-undici-073911382374",
        ).removesuffix(b"\r\n"),
        "multipart/form-data; boundary=----formdata-undici-073911382374",
        ["naïve é.png"],
    ),
    "axios": (
        body(
            NAME,
            ('Content-Disposition: form-data; name="tutor[name]"', b"John Doe"),
            image_part('name="images[]"; filename="a.png"'),
            image_part('name="images[]"; filename="b.png"'),
            boundary="axios-1.7.9-boundary-xyz",
        ),
        "multipart/form-data; boundary=axios-1.7.9-boundary-xyz",
        ["a.png", "b.png"],
    ),
    "PHP's curl": (
        body(
            NAME,
            image_part('name="images[0]"; filename="a.png"'),
            image_part('name="images[1]"; filename="b.png"'),
            boundary="------------------------8d0e",
        ),
        "multipart/form-data; boundary=------------------------8d0e",
        ["a.png", "b.png"],
    ),
    ".NET": (
        body(
            ("Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name=name", b"Test Event"),
            (
                "Content-Disposition: form-data; name=images; "
                "filename=\"=?utf-8?B?bmHDr3ZlIMOpLnBuZw==?=\"; filename*=utf-8''na%C3%AFve%20%C3%A9.png",
                PNG,
            ),
            boundary="4c6e2a8c-6b0d-4a38-9d1c-2f1d8a1c7e55",
        ),
        'multipart/form-data; boundary="4c6e2a8c-6b0d-4a38-9d1c-2f1d8a1c7e55"',
        ["naïve é.png"],
    ),
    "older .NET": (
        body(NAME, image_part('name=images; filename="=?utf-8?B?bmHDr3ZlIMOpLnBuZw==?="'), boundary="a b"),
        'multipart/form-data; boundary="a b"',
        ["naïve é.png"],
    ),
    "requests": (
        body(NAME, image_part("name=\"images\"; filename*=utf-8''na%C3%AFve.png"), boundary="0f5f17cbb0ea41bc"),
        "multipart/form-data; boundary=0f5f17cbb0ea41bc",
        ["naïve.png"],
    ),
    "httpx": (
        body(NAME, image_part('name="images"; filename="a%22b.png"'), boundary="7d1a4e3b"),
        "multipart/form-data; boundary=7d1a4e3b",
        ["a%22b.png"],
    ),
    "Apache HttpClient": (
        body(
            (
                'Content-Disposition: form-data; name="name"\r\n'
                "Content-Type: text/plain; charset=ISO-8859-1\r\nContent-Transfer-Encoding: 8bit",
                "Komunitas é".encode("latin-1"),
            ),
            (
                'Content-Disposition: form-data; name="images"; filename="photo.png"\r\n'
                "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary",
                PNG,
            ),
            boundary="nZWVfFXx5u6DGEnB",
        ),
        "multipart/form-data; charset=UTF-8; boundary=nZWVfFXx5u6DGEnB",
        ["photo.png"],
    ),
    "Go": (
        body(
            image_part('name="images"; filename="a \\"quoted\\" name.png"'),
            NAME,
            boundary="a" * 60,
        ),
        f"multipart/form-data; boundary={'a' * 60}",
        ['a "quoted" name.png'],
    ),
    "headers in lower case": (
        body(
            ('content-disposition: form-data; name="name"', b"Test Event"),
            ('CONTENT-TYPE: image/png\r\ncontent-disposition: FORM-DATA; NAME="images"; FileName="photo.png"', PNG),
            boundary="b",
        ),
        "Multipart/Form-Data; Boundary=b",
        ["photo.png"],
    ),
}


@pytest.mark.parametrize("client", CLIENTS)
def test_the_forms_of_well_known_clients_are_taken(api: MemoryApi, client: str) -> None:
    content, content_type, filenames = CLIENTS[client]
    answer = post(api, content, content_type)
    assert answer.status_code == 201, answer.text
    assert answer.json()["data"]["name"] in {"Test Event", "Komunitas é"}
    assert [job.original_filename for job in api.all_jobs()] == filenames


@pytest.mark.parametrize(
    ("rest", "filename"),
    [
        ("filename=\"plain.png\"; filename*=iso-8859-1'en'%E9.png", "é.png"),
        ("filename*=utf-8''%C3%A9.png; filename=\"plain.png\"", "é.png"),
        ('filename="plain.png"; filename*="utf-8\'\'%C3%A9.png"', "é.png"),
        ("filename=\"plain.png\"; FileName*=UTF-8''%C3%A9.png", "é.png"),
        ('filename="=?utf-8?Q?na=C3=AFve.png?="', "naïve.png"),
        ('filename="=?iso-8859-1?B?6S5wbmc=?="', "é.png"),
        ('filename="=?utf-8?B?w6k=?= =?utf-8?B?LnBuZw==?="', "é.png"),
        ("filename=\"of quotes; filename*=utf-8''x.png\"", "of quotes; filename*=utf-8''x.png"),
        ("filename=\"a.png\"; filename*=utf-8''..%2F..%2Fetc%2Fpasswd", "passwd"),
        # A filename that cannot be decoded is no reason to refuse an image.
        ("filename=\"plain.png\"; filename*=utf-8''%FF%FE", "plain.png"),
        ("filename=\"plain.png\"; filename*=klingon''%C3%A9.png", "plain.png"),
        ('filename="plain.png"; filename*=nonsense', "plain.png"),
        ("filename*=utf-8''%FF", "image"),
        ('filename="=?klingon?B?w6k=?="', "=?klingon?B?w6k=?="),
        ('filename="=?utf-8?B?!!!?="', "=?utf-8?B?!!!?="),
        ('filename="a=?utf-8?B?w6k=?=.png"', "a=?utf-8?B?w6k=?=.png"),
    ],
)
def test_a_filename_is_read_however_it_is_encoded(api: MemoryApi, rest: str, filename: str) -> None:
    answer = post(
        api, body(NAME, image_part(f'name="images"; {rest}'), boundary="b"), "multipart/form-data; boundary=b"
    )
    assert answer.status_code == 201, answer.text
    assert [job.original_filename for job in api.all_jobs()] == [filename]


def test_images_under_every_spelling_of_an_array_are_one_list_in_the_order_sent(api: MemoryApi) -> None:
    names = ["images[]", "images", "images[7]", "images[0]"]
    parts = [image_part(f'name="{name}"; filename="{name}"') for name in names]
    answer = post(api, body(NAME, *parts, boundary="b"), "multipart/form-data; boundary=b")
    assert answer.status_code == 201, answer.text
    assert [job.original_filename for job in api.all_jobs()] == names


@pytest.mark.parametrize(
    "preamble", [b"\r\n", b"This is a form.\r\n", b"--\r\n--bb\r\n- -\r\n", b"x" * 4_000 + b"\r\n"]
)
@pytest.mark.parametrize("piece", [1, 7, 100_000])
def test_a_preamble_and_an_epilogue_are_not_part_of_the_form(api: MemoryApi, preamble: bytes, piece: int) -> None:
    content = (
        preamble + body(NAME, image_part(), boundary="b").replace(b"--b\r\n", b"--b \t\r\n") + b"The end.\r\n--b\r\n"
    )
    pieces = (content[at : at + piece] for at in range(0, len(content), piece))
    answer = api.client().post(
        "/api/events", content=pieces, headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert answer.status_code == 201, answer.text
    assert len(api.all_jobs()) == 1


@pytest.mark.parametrize(
    ("content", "content_type", "told"),
    [
        (body(NAME, boundary="b"), "multipart/form-data", "names no boundary"),
        (body(NAME, boundary="b"), 'multipart/form-data; boundary=""', "names no boundary"),
        (body(NAME, boundary="b"), "multipart/form-data; boundary=c", "does not start with the boundary 'c'"),
        (b"x" * 5_000 + b"\r\n" + body(NAME, boundary="b"), "multipart/form-data; boundary=b", "does not start"),
        (b"", "multipart/form-data; boundary=b", "does not start with the boundary 'b'"),
        (body(NAME, boundary="b").replace(b"\r\n", b"\n"), "multipart/form-data; boundary=b", "end with LF alone"),
        (body(("Content Disposition: x", b""), boundary="b"), "multipart/form-data; boundary=b", "not written as"),
    ],
)
def test_a_body_that_cannot_be_parsed_gets_the_reason(
    api: MemoryApi, content: bytes, content_type: str, told: str
) -> None:
    assert told in assert_error(post(api, content, content_type), 400, "invalid_request")
    api.assert_untouched()


HEAD = 'Content-Disposition: form-data; name="name"'


@pytest.mark.parametrize(
    ("part", "field", "told"),
    [
        ((f"{HEAD}\r\nContent-Transfer-Encoding: base64", base64.b64encode(b"x")), "name", "'base64'"),
        ((f"{HEAD}\r\ncontent-transfer-encoding: Quoted-Printable", b"x=C3"), "name", "'quoted-printable'"),
        (
            (image_part()[0] + "\r\nContent-Transfer-Encoding: base64", base64.b64encode(PNG)),
            "images",
            "send its bytes as they are",
        ),
        (image_part('name="images"', PNG + bytes(20_000)), "images", "if this is a file, send it with a filename"),
        (image_part('name="images"'), "images", "must be a file, with a filename"),
        (image_part(data=b""), "images", "the file is empty"),
        (image_part('name="images[]"; filename="a.png"', b""), "images", "the file is empty"),
        ((f"{HEAD}\r\nContent-Type: text/plain; charset=utf-7", b"x"), "name", "'utf-7'"),
        ((f"{HEAD}\r\nContent-Type: text/plain; charset=utf-8", b"\xff"), "name", "send it in UTF-8"),
        (('Content-Disposition: form-data; name="tutor.type"', b"x"), "tutor.type", "Did you mean tutor[type]?"),
        (('Content-Disposition: form-data; name="name[]"', b"x"), "name[]", "Did you mean name?"),
        (('Content-Disposition: form-data; name="images[x]"', b"x"), "images[x]", "Did you mean images?"),
    ],
)
def test_a_part_that_cannot_be_taken_is_named(api: MemoryApi, part: tuple[str, bytes], field: str, told: str) -> None:
    answer = post(api, body(part, NAME, boundary="b"), "multipart/form-data; boundary=b")
    assert_error(answer, 400, "invalid_request")
    details = answer.json()["error"]["details"]
    assert any(each.get("field") == field and told in each["message"] for each in details), details
    api.assert_untouched()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "GZIP", "identity, gzip", "utf-8"])
def test_a_compressed_body_is_415_and_the_message_asks_for_it_uncompressed(api: MemoryApi, encoding: str) -> None:
    content = gzip.compress(body(NAME, image_part(), boundary="b"))
    answer = post(api, content, "multipart/form-data; boundary=b", **{"Content-Encoding": encoding})
    message = assert_error(answer, 415, "unsupported_media_type")
    assert message.endswith("is not accepted: send it uncompressed.")
    assert encoding.lower().removeprefix("identity, ") in message
    assert answer.headers["accept-encoding"] == "identity"
    api.assert_untouched()


@pytest.mark.parametrize("encoding", ["identity", "Identity", ""])
def test_a_body_that_says_it_is_not_encoded_is_taken(api: MemoryApi, encoding: str) -> None:
    content = body(NAME, image_part(), boundary="b")
    answer = post(api, content, "multipart/form-data; boundary=b", **{"Content-Encoding": encoding})
    assert answer.status_code == 201, answer.text
