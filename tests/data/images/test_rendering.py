from random import Random

import pytest
from PIL import Image, ImageChops

from models.data.images.rendering.cards import caption
from models.data.images.rendering.templates import TEMPLATES


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_one_seed_draws_one_picture_and_another_seed_another(template):
    first, again, other = (template.draw(Random(seed), 64).tobytes() for seed in ("a", "a", "b"))
    assert first == again
    assert first != other


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_drawings_are_rgb_squares_that_are_not_blank(template):
    image = template.draw(Random("a"), 96)
    assert (image.mode, image.size) == ("RGB", (96, 96))
    assert any(low < high for low, high in image.getextrema())


@pytest.mark.parametrize("seed", range(12))
def test_a_caption_leaves_a_trace_on_every_photograph(seed):
    plain = Image.new("RGB", (120, 90), (90, 120, 60))
    written = caption(Random(seed), plain, 240)
    assert written.width == 240
    assert ImageChops.difference(written, Image.new("RGB", written.size, (90, 120, 60))).getbbox() is not None


def test_enough_drawings_are_planned():
    assert sum(template.n for template in TEMPLATES) > 1200
