"""Damaged images: every response is a documented one, and a refused file leaves nothing behind."""

from contract.schema import EXAMPLES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worlds.api_requests import image_bytes
from worlds.memory_api import memory_api

IMAGES = st.sampled_from(["png", "jpeg", "gif", "webp"]).map(image_bytes)
REFUSED = {400: "invalid_request", 413: "too_large", 415: "unsupported_type"}


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """An image in which bytes are overwritten, removed or inserted."""
    data = bytearray(draw(IMAGES))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        length = draw(st.integers(0, 8))
        data[at : at + length] = draw(st.binary(max_size=8))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


@settings(
    max_examples=10 * EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(damaged() | st.binary(max_size=200))
def test_damaged_files_are_refused_by_name_or_stored_whole(data: bytes) -> None:
    api = memory_api(max_pixels=10_000)
    answer = api.client().post(
        "/api/image-jobs", data={"entityType": "other", "entityId": "x"}, files={"image": ("x.png", data)}
    )
    if answer.status_code == 201:
        (job,) = api.all_jobs()
        assert api.storage.get(job.source_image_key, len(data)) == data
        return
    assert answer.status_code in {*REFUSED, 422}, answer.text
    assert answer.json()["error"]["code"] == REFUSED.get(answer.status_code, answer.json()["error"]["code"])
    api.assert_untouched()
