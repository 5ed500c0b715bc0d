import io

from imagejobs.conversion.colour.srgb_profile import srgb_profile
from PIL import Image, ImageCms


def test_little_cms_takes_it_for_srgb(photo: Image.Image) -> None:
    ours = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
    converted = ImageCms.profileToProfile(photo, ours, ImageCms.createProfile("sRGB"))

    assert converted is not None
    assert max(abs(a - b) for a, b in zip(photo.tobytes(), converted.tobytes(), strict=True)) <= 1
