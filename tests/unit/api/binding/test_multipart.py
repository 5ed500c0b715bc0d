import pytest
from worlds.api_requests import assert_error, image_bytes
from worlds.memory_api import memory_api

HEADERS = {"Content-Type": "multipart/form-data; boundary=b"}
TEXT = b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nTest Event\r\n'
FILE = b'--b\r\nContent-Disposition: form-data; name="images"; filename="a.png"\r\n\r\n' + image_bytes() + b"\r\n"


@pytest.mark.parametrize("cut", [1, 4, 6, 20, len(FILE) - 5, len(FILE) + 10])
def test_a_body_that_was_cut_off_is_refused_even_if_whole_parts_came_before(cut: int) -> None:
    api = memory_api()
    whole = TEXT + FILE + FILE + b"--b--"
    answer = api.client().post("/api/events", content=whole[:-cut], headers=HEADERS)
    assert "the body ends before its last boundary" in assert_error(answer, 400, "invalid_request")
    api.assert_untouched()


@pytest.mark.parametrize("end", [b"--b--", b"--b--\r\n", b"--b--\r\nepilogue"])
def test_a_whole_body_is_taken_whatever_follows_its_last_boundary(end: bytes) -> None:
    answer = memory_api().client().post("/api/events", content=TEXT + FILE + FILE + end, headers=HEADERS)
    assert answer.status_code == 201
    assert len(answer.json()["data"]["imageJobIds"]) == 2
