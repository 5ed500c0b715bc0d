import time

import pytest
from imagejobs.task_queue.message import MalformedMessage, ProcessImageMessage, UnknownTaskType, decode

ID = "655501d2f12a3d0f3c5a1002"


def test_a_message_is_written_as_the_guide_does_and_read_back() -> None:
    raw = ProcessImageMessage(ID).encode()
    assert raw == b'{"task_type":"process_image","payload":{"imageJobID":"655501d2f12a3d0f3c5a1002"}}'
    assert decode(raw) == ProcessImageMessage(ID)


def test_spaces_order_and_the_case_of_digits_do_not_matter() -> None:
    assert decode(f' {{ "payload": {{"imageJobID": "{ID.upper()}"}}, "task_type": "process_image" }}'.encode()) == (
        ProcessImageMessage(ID)
    )


def test_another_task_type_is_for_another_worker_whatever_its_payload() -> None:
    with pytest.raises(UnknownTaskType, match="send_mail"):
        decode(b'{"task_type":"send_mail"}')


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not json",
        b"\xff",
        b"[" * 100_000,
        b"1" * 5000,
        b"null",
        b"[]",
        b"{}",
        b'{"task_type":7}',
        b'{"task_type":"process_image"}',
        b'{"task_type":"process_image","payload":NaN}',
        b'{"task_type":"process_image","payload":{"imageJobID":"\\ud800"}}',
        b"\xef\xbb\xbf" + ProcessImageMessage(ID).encode(),
        ProcessImageMessage(ID).encode().decode().encode("utf-16"),
    ],
)
def test_anything_else_is_malformed_and_keeps_its_bytes(raw: bytes) -> None:
    with pytest.raises(MalformedMessage) as caught:
        decode(raw)
    assert caught.value.raw == raw
    assert caught.value.reason


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"task_type":"process_image","payload":{"imageJobID":"%s","imageJobID":"%s"}}', "imageJobID"),
        ('{"task_type":"process_image","payload":{"imageJobID":"%s"},"payload":{"imageJobID":"%s"}}', "payload"),
    ],
)
def test_a_name_that_stands_twice_is_malformed_as_readers_take_either(text: str, name: str) -> None:
    with pytest.raises(MalformedMessage, match=f"^the key {name} occurs more than once$"):
        decode((text % (ID, ID)).encode())


def test_a_message_of_very_many_names_takes_no_more_time_than_others_of_its_length() -> None:
    names = ",".join(f'"{n}":0' for n in range(30_000))
    text = f'{{"payload":{{{names}}},"payload":{{"imageJobID":"{ID}"}},"task_type":"process_image"}}'
    begun = time.process_time()
    with pytest.raises(MalformedMessage, match=r"^the key payload occurs more than once$"):
        decode(text.encode())
    assert time.process_time() - begun < 2, "it was seven"


def test_another_workers_names_may_stand_twice() -> None:
    with pytest.raises(UnknownTaskType):
        decode(b'{"task_type":"send_mail","payload":{"to":1,"to":2}}')
