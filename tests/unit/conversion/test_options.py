from typing import Any

import pytest
from imagejobs.conversion.options import Options


@pytest.mark.parametrize(
    "wrong", [{"quality": 100}, {"quality": 0}, {"max_side": 0}, {"max_side": 16384}, {"method": 7}]
)
def test_what_webp_cannot_do_is_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Options(**wrong)
