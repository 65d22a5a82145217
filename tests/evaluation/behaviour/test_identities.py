import pytest

from models.evaluation.behaviour.functionalities import BehaviourError
from models.evaluation.behaviour.identities import Tone, crossing, read_identities, shipped_crossing

FILE = """
groups:
  - {kind: fruit, groups: plums, member: a plum, adj: purple}
  - {kind: fruit, groups: figs, member: a fig, adj: green}
neutral: ["I ate {member}.", "{Groups} grow."]
positive: ["I like {groups}.", "Such {adj} joy."]
negative: ["Down with {groups}.", "No {adj} pulp."]
"""


def test_every_template_meets_every_group() -> None:
    asked = crossing(read_identities(FILE))
    assert asked.texts[1] == ("Plums grow.", "Figs grow.")
    assert [tone for tone in asked.tones if tone is Tone.NEGATIVE] == [Tone.NEGATIVE] * 2
    assert len(asked.texts) == len(asked.tones)


@pytest.mark.parametrize("text", ["a: [", FILE.replace("neutral", "grey"), FILE.replace("adj: green", "tint: green")])
def test_a_file_that_is_not_of_the_shape_is_refused(text: str) -> None:
    with pytest.raises(BehaviourError, match="identities"):
        read_identities(text)


def test_a_form_that_groups_lack_is_refused_by_name() -> None:
    with pytest.raises(BehaviourError, match="peel"):
        crossing(read_identities(FILE.replace("I ate {member}.", "I ate the {peel}.")))


def test_the_sentences_that_ship_differ_between_groups() -> None:
    for row in shipped_crossing().texts:
        assert len(set(row)) == len(row)
