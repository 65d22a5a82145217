import pytest

from models.runtime.vision.decoding import decode_image
from tests.runtime.vision.pictures import colours, corners, encode, solid


def moving(shades: list[int], image_format: str, durations: list[int] | int = 100) -> bytes:
    frames = [solid((shade, 255 - shade, 40)) for shade in shades]
    options = {"lossless": True} if image_format == "WEBP" else {}
    return encode(
        frames[0], image_format, save_all=True, append_images=frames[1:], duration=durations, loop=0, **options
    )


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_an_animation_is_sampled_from_its_beginning_to_its_end(image_format: str) -> None:
    shades = list(range(0, 240, 20))
    image = decode_image(moving(shades, image_format))
    seen = [int(frame[5, 5, 0]) for frame in image.frames]
    assert image.n_frames == 12
    assert len(seen) == 4
    assert seen[0] == 0
    assert seen == sorted(set(seen))
    assert seen[-1] >= 180


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG"])
def test_the_frame_that_is_shown_longest_is_looked_at(image_format: str) -> None:
    durations = [20] * 40
    durations[7] = 60_000
    image = decode_image(moving(list(range(0, 240, 6)), image_format, durations))
    assert 42 in [int(frame[5, 5, 0]) for frame in image.frames]


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG"])
def test_frames_of_a_long_animation_are_found_without_decoding_all(image_format: str) -> None:
    shades = [i % 250 for i in range(300)]
    seen = [int(one[5, 5, 0]) for one in decode_image(moving(shades, image_format)).frames]
    assert len(seen) == 4
    assert set(seen) <= set(shades)


def test_changes_on_top_of_the_first_frame_are_seen() -> None:
    first = corners()
    second = first.copy()
    second.paste((255, 255, 0), (35, 25, 55, 35))
    image = decode_image(encode(first, "GIF", save_all=True, append_images=[second], duration=100))
    assert image.frames[1][30, 45].tolist() == [255, 255, 0]
    assert colours(image.frames[1])[:3] == ["r", "g", "b"]


def test_the_still_picture_of_an_animated_png_is_looked_at() -> None:
    data = encode(
        solid((9, 9, 9)), "PNG", save_all=True, append_images=[solid((99, 0, 0)), solid((0, 99, 0))], default_image=True
    )
    assert decode_image(data).frames[0][5, 5].tolist() == [9, 9, 9]
