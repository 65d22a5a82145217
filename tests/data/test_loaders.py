"""Every loader, on a few rows written for it in the format of its set."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts import Category
from models.data.labels import LABELS, UNKNOWN, Auxiliary, close
from models.data.loaders import hate_speech, lexicons, ordinary, prompts, self_harm, spam, toxicity
from models.data.rows import Part

HARASSMENT, HATE, TOXICITY = Category.HARASSMENT, Category.HATE, Category.TOXICITY


def table(*rows, delimiter=","):
    """A delimited file from dictionaries of equal keys."""
    lines = [delimiter.join(rows[0])]
    lines += [delimiter.join(f'"{value}"' if delimiter == "," else value for value in row.values()) for row in rows]
    return "\n".join(lines) + "\n"


SEXISMS = [
    Auxiliary.SEXISM_THREATS,
    Auxiliary.SEXISM_DEROGATION,
    Auxiliary.SEXISM_ANIMOSITY,
    Auxiliary.SEXISM_PREJUDICE,
]


def labels_of(row):
    """What is known of a row, implications included."""
    return {label: value for label, value in close(row.marks).items() if value != UNKNOWN}


def test_davidson_offence_is_swearing_and_its_weight_the_agreement():
    row = {
        "count": "3",
        "hate_speech": "0",
        "offensive_language": "2",
        "neither": "1",
        "class": "1",
        "tweet": "well damn",
    }
    (found,) = hate_speech.davidson({"labeled_data.csv": table(row)})
    assert labels_of(found) == {Category.PROFANITY: 1, TOXICITY: 1, HATE: 0, Category.HATE_THREATENING: 0}
    assert found.weight == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("label", "text", "profanity"),
    [
        ("offensive", "you damn fool", 1),
        ("offensive", "you fool", None),
        ("normal", "damn good", None),
        ("normal", "good", 0),
    ],
)
def test_hatexplain_labels_profanity_only_where_the_words_agree(label, text, profanity):
    content = table({"split": "valid", "label": label, "text": text}, delimiter="\t")
    (found,) = hate_speech.hatexplain({"hatexplain_reconstructed.tsv": content})
    assert labels_of(found).get(Category.PROFANITY) == profanity
    assert found.part is Part.DEV


@pytest.mark.parametrize(("label", "hate", "offensive"), [("hatespeech", 1, 0), ("offensive", 0, 1), ("normal", 0, 0)])
def test_hatexplain_keeps_its_own_three_classes(label, hate, offensive):
    content = table({"split": "valid", "label": label, "text": "x"}, delimiter="\t")
    (found,) = hate_speech.hatexplain({"hatexplain_reconstructed.tsv": content})
    assert found.marks[Auxiliary.HATEXPLAIN_HATE] == hate
    assert found.marks[Auxiliary.HATEXPLAIN_OFFENSIVE] == offensive


@pytest.mark.parametrize(
    ("text", "sexist", "category", "hate", "threat"),
    [
        ("they should suffer", "sexist", "1. threats, plans to harm and incitement", 1, 1),
        ("they cannot drive", "sexist", "2. derogation", 1, 0),
        ("a nice day", "not sexist", "none", 0, 0),
        ("those immigrants again", "not sexist", "none", None, None),
    ],
)
def test_edos_says_no_to_hate_only_where_no_other_group_is_named(text, sexist, category, hate, threat):
    row = {"text": text, "label_sexist": sexist, "label_category": category, "split": "test"}
    (found,) = hate_speech.edos({"edos_labelled_aggregated.csv": table(row)})
    known = labels_of(found)
    assert (known.get(HATE), known.get(Category.HATE_THREATENING)) == (hate, threat)
    assert known[Auxiliary.SEXISM] == known[Auxiliary.TARGET_WOMEN] == int(sexist == "sexist")
    assert [label for label in SEXISMS if known[label]] == SEXISMS["1234".find(category[0]) :][: category[0].isdigit()]
    assert found.part is Part.TEST


@pytest.mark.parametrize(
    ("hd", "cv", "vo", "expected"),
    [
        ("0", "0", "0", {HATE: 0, HARASSMENT: 0, TOXICITY: 0}),
        ("1", "1", "0", {HATE: 1, Category.HATE_THREATENING: 1, Category.VIOLENCE: 1}),
        ("0", "1", "0", {HATE: 0, Category.HATE_THREATENING: 0, Category.VIOLENCE: 1, TOXICITY: 1}),
        ("0", "0", "1", {HATE: 0, HARASSMENT: 1, Category.PROFANITY: 1}),
    ],
)
def test_gab_combines_degradation_calls_and_vulgarity(hd, cv, vo, expected):
    content = table({"text": "damn it", "hd": hd, "cv": cv, "vo": vo}, delimiter="\t")
    _, test = hate_speech.gab_hate_corpus({"ghc_train.tsv": content, "ghc_test.tsv": content})
    assert expected.items() <= labels_of(test).items()
    assert test.part is Part.TEST


def test_gibert_keeps_the_sampled_test_and_gives_relations_no_label():
    rows = table(
        {"label": "hate", "split": "sampled_test", "text": "x"}, {"label": "relation", "split": "", "text": "y"}
    )
    first, second = hate_speech.gibert_stormfront({"gibert.csv": rows})
    assert (first.part, first.marks[HATE]) == (Part.TEST, 1)
    assert (second.part, second.marks) == (Part.TRAINABLE, {})


@pytest.mark.parametrize(
    ("sentiment", "expected"),
    [
        ("normal", {HATE: 0, HARASSMENT: 0, TOXICITY: 0}),
        ("hateful", {HATE: 1, TOXICITY: 1}),
        ("abusive_offensive", {HARASSMENT: 1, TOXICITY: 1}),
        ("hateful_normal", {}),
        ("fearful", {}),
    ],
)
def test_mlma_leaves_contradictions_unknown(sentiment, expected):
    (found,) = hate_speech.mlma({"en_dataset.csv": table({"tweet": "x", "sentiment": sentiment})})
    known = labels_of(found)
    assert expected.items() <= known.items()
    assert bool(known) == bool(expected)


def test_fox_news_reads_neither_users_nor_threads():
    comment = json.dumps({"text": "hm", "label": 1, "user": "SomebodyReal", "prev": "earlier", "title": "t"})
    (found,) = hate_speech.fox_news({"fox-news-comments.json": comment})
    assert labels_of(found)[HATE] == 1
    assert "SomebodyReal" not in repr(found)


def test_guest_misogyny_has_true_times_and_no_author():
    row = {
        "entry_utc": "1587568755",
        "author": "SomebodyReal",
        "body": "x",
        "level_1": "Misogynistic",
        "level_2": "Treatment",
        "level_3": "Threatening_Physical_violence",
    }
    (found,) = hate_speech.guest_misogyny({"final_labels.csv": table(row)})
    expected = {HATE, HARASSMENT, Category.HATE_THREATENING, Auxiliary.SEXISM}
    assert all(labels_of(found)[label] == 1 for label in expected)
    assert found.timestamp == found.order == "2020-04-22T15:19:15+00:00"
    assert "SomebodyReal" not in repr(found)


@pytest.mark.parametrize(
    ("labels", "hate", "harassment", "toxicity"),
    [
        ("Neutral", 0, 0, 0),
        ("IdentityDirectedAbuse", 1, None, 1),
        ("PersonDirectedAbuse", 0, 1, 1),
        ("AffiliationDirectedAbuse", 0, 0, 1),
        ("IdentityDirectedAbuse,PersonDirectedAbuse", 1, 1, 1),
        ("CounterSpeech", 0, None, None),
    ],
)
def test_cad_goes_by_whom_abuse_is_directed_at(labels, hate, harassment, toxicity):
    content = table({"id": "1", "text": "x", "labels": labels}, delimiter="\t")
    files = {f"cad_v1_1_{name}.tsv": content for name in ("train", "dev", "test")}
    known = labels_of(next(hate_speech.cad(files)))
    assert (known.get(HATE), known.get(HARASSMENT), known.get(TOXICITY)) == (hate, harassment, toxicity)


@pytest.mark.parametrize(
    ("offensive", "target", "sexual", "expected"),
    [
        (("1.0", "1.0"), "race", "0.0", {HATE: 1, Category.SEXUAL: 0}),
        (("1.0", "1.0"), "", "1.0", {HARASSMENT: 1, Category.SEXUAL: 1}),
        (("1.0", "1.0"), "social", "0.0", {TOXICITY: 1}),
        (("0.0", "0.0"), "", "0.0", {HATE: 0, HARASSMENT: 0, TOXICITY: 0}),
        (("0.0", "1.0"), "", "0.0", {Category.SEXUAL: 0}),
    ],
)
def test_sbic_takes_the_mean_of_a_posts_annotators(offensive, target, sexual, expected):
    rows = [
        {"offensiveYN": o, "sexYN": sexual, "targetCategory": target, "WorkerId": "77", "post": "x"} for o in offensive
    ]
    (found,) = hate_speech.sbic_dev({"SBFv2.dev.csv": table(*rows)})
    assert expected.items() <= labels_of(found).items()
    assert (HATE in labels_of(found)) == (HATE in expected)


def test_safenlp_drops_neutral_texts_that_divided_their_annotators():
    toxigen = [
        {"text": "a", "label": "neutral", "toxicity_score": 3.0},
        {"text": "b", "label": "neutral", "toxicity_score": 1.0},
    ]
    implicit = [{"text": "c", "label": "hate", "toxicity_score": 2.25}]
    found = list(hate_speech.safenlp({"implicitHate.json": json.dumps(implicit), "toxiGen.json": json.dumps(toxigen)}))
    assert [labels_of(row).get(HATE) for row in found] == [1, None, 0]


def test_hatemoji_pairs_are_kin_whichever_comes_first():
    row = {"entry_id": "4", "text": "x", "type": "threateninglanguage", "label_gold": "1", "matched_id": "9"}
    files = {name: table(row | {"entry_id": "9", "matched_id": "4"}) for name in ("train.csv", "validation.csv")}
    train, _, test = hate_speech.hatemoji(files | {"build_test.csv": table(row)})
    assert train.kin == test.kin == "4-9"
    assert labels_of(test)[Category.HATE_THREATENING] == 1


FLAGS = ("sexist", "sex_harassment", "racist", "ableist", "homophobic", "transphobic")


def conversation(severity, **flags):
    row = {"agent": "how are you", "user": "well"}
    for annotator in (1, 2):
        row |= {f"Annotator{annotator}_is_abuse.{level}": str(int(level == severity)) for level in (1, 0, -1, -2, -3)}
        row |= {f"Annotator{annotator}_{name}": str(flags.get(name, 0)) for name in FLAGS}
    return table(row)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (conversation(-2, sex_harassment=1), {HARASSMENT: 1, Category.SEXUAL: 1, TOXICITY: 1, Auxiliary.SEXISM: 0}),
        (conversation(-1, sexist=1), {HARASSMENT: 1, Category.SEXUAL: 0, Auxiliary.SEXISM: 1}),
        (conversation(1), {HARASSMENT: 0, HATE: 0, TOXICITY: 0}),
        (conversation(0), {}),
    ],
)
def test_convabuse_follows_the_severity(content, expected):
    files = {f"ConvAbuseEMNLP{name}.csv": content for name in ("train", "valid", "test")}
    known = labels_of(next(toxicity.convabuse(files)))
    assert expected.items() <= known.items()
    assert bool(known) == bool(expected)


@pytest.mark.parametrize(("severity", "severe"), [(-3, 1), (-2, 1), (-1, 0), (1, 0)])
def test_strong_abuse_of_a_chatbot_is_severe(severity, severe):
    files = {f"ConvAbuseEMNLP{name}.csv": conversation(severity) for name in ("train", "valid", "test")}
    assert labels_of(next(toxicity.convabuse(files)))[Auxiliary.SEVERE] == severe


def test_what_a_user_says_has_the_turn_of_the_bot_before_it():
    files = {f"ConvAbuseEMNLP{name}.csv": conversation(1) for name in ("train", "valid", "test")}
    assert {row.previous for row in toxicity.convabuse(files)} == {"how are you"}


def spans(**votes):
    columns = {"Insult": 0, "Threat": 0, "Identity based Attack": 0, "Profane/Obscene": 0} | votes
    return {"comment_id": "42", "n_annotators": "3", **{f"n_{k}": str(v) for k, v in columns.items()}, "text": "x"}


def load_spans(row, *, only_not_toxic="False", official="another", marked="[]"):
    annotation = {"comment_id": "42", "worker": "7", "all toxic": "False", "not toxic": only_not_toxic}
    files = {"comment_level.csv": table(row), "annotations.csv": table(annotation)}
    files |= {name: table({"spans": "[0]", "text": "one more"}) for name in ("tsd_train.csv", "tsd_trial.csv")}
    (found,) = toxicity.toxic_spans(files | {"tsd_test.csv": table({"spans": marked, "text": official})})
    return found


def test_toxic_spans_need_two_annotators_for_a_yes_and_none_for_a_no():
    known = labels_of(load_spans(spans(Insult=2, Threat=1)))
    assert (known[HARASSMENT], known.get(Category.HARASSMENT_THREATENING), known[HATE]) == (1, None, 0)
    assert known[TOXICITY] == 1


def test_toxic_spans_doubted_by_most_annotators_are_not_called_toxic():
    assert TOXICITY not in labels_of(load_spans(spans(), only_not_toxic="True"))


def test_toxic_spans_know_their_official_test_and_their_order():
    found = load_spans(spans(), official="x")
    assert (found.part, found.order, found.timestamp) == (Part.TEST, "000000000042", None)


@pytest.mark.parametrize(("marked", "expected"), [("[]", ()), ("[0, 1, 2, 5]", ((0, 3), (5, 6)))])
def test_toxic_spans_are_ranges_and_none_marked_is_not_unknown(marked, expected):
    assert load_spans(spans(), official="x", marked=marked).spans == expected
    assert load_spans(spans()).spans is None


@given(st.sets(st.integers(0, 40)))
def test_ranges_cover_the_offsets_and_nothing_else(offsets):
    found = toxicity.ranges(offsets)
    assert [offset for start, end in found for offset in range(start, end)] == sorted(offsets)


def test_only_comments_judged_beside_their_parent_carry_it():
    content = table({"id": "1", "text": "x", "parent": "before", "label": "0"})
    beside, alone = toxicity.context_toxicity({"gc.csv": content, "gn.csv": content})
    assert (beside.previous, alone.previous) == ("before", None)


@pytest.mark.parametrize(("label", "expected"), [("1", 1), ("0", 0)])
def test_context_toxicity_maps_toxic_to_harassment(label, expected):
    content = table({"id": "1", "text": "x", "label": label})
    known = labels_of(next(toxicity.context_toxicity({"gc.csv": content, "gn.csv": content})))
    assert (known[HARASSMENT], known[TOXICITY]) == (expected, expected)


def jigsaw(**given):
    row = {"comment_text": "x"}
    row |= {
        name: str(given.get(name, 0))
        for name in ("toxic", "obscene", "threat", "insult", "identity_hate", "severe_toxic")
    }
    content = table(row)
    files = {f"{name}_toxic_comments.csv": content for name in ("HieuNT91", "amodh", "martinwg")}
    files["AK_toxic_comments.csv"] = table({"text": "y", "toxic": "0"})
    return labels_of(list(toxicity.jigsaw_subsets(files))[-1])


def test_jigsaw_threats_at_an_identity_are_threatening_hate():
    known = jigsaw(toxic=1, threat=1, identity_hate=1)
    assert known[Category.HATE_THREATENING] == known[Category.HARASSMENT_THREATENING] == known[Category.VIOLENCE] == 1


def test_jigsaw_obscenity_is_profanity_and_not_harassment():
    known = jigsaw(toxic=1, obscene=1)
    assert (known[Category.PROFANITY], known[HARASSMENT]) == (1, 0)


def test_jigsaw_clean_comments_are_no_violence():
    assert jigsaw()[Category.VIOLENCE] == 0


def test_civil_threats_are_only_toxic_before_anybody_read_them():
    files = {
        "threat.csv": table({"text": "he should be hanged"}),
        "toxic_language.csv": table({"text": "t"}),
        "safe.csv": table({"text": "s"}),
    }
    threat, toxic, safe = (labels_of(row) for row in toxicity.civil_assembled(files))
    assert threat == toxic == {TOXICITY: 1}
    assert safe[Category.SEXUAL] == safe[Category.PROFANITY] == safe[TOXICITY] == 0


def test_paradetox_pairs_are_kin():
    row = {"toxic": "a", "neutral1": "b", "neutral2": "", "neutral3": "c"}
    rows = list(toxicity.paradetox({"paradetox.tsv": table(row, delimiter="\t")}))
    assert [labels_of(found)[TOXICITY] for found in rows] == [1, 0, 0]
    assert {found.kin for found in rows} == {"a"}


def test_surge_toxicity_is_toxic_or_civil():
    content = table({"text": "a", "is_toxic": "Toxic"}, {"text": "b", "is_toxic": "Not Toxic"})
    first, second = toxicity.surge_toxicity({"toxicity_en.csv": content})
    assert (labels_of(first), labels_of(second)[HATE]) == ({TOXICITY: 1}, 0)


def test_madlibs_are_probes_only():
    (found,) = toxicity.conversationai_bias({"bias_madlibs_77k.csv": table({"Text": "a", "Label": "BAD"})})
    assert (found.part, labels_of(found)) == (Part.PROBE, {TOXICITY: 1})


def test_debiasing_sentences_keep_their_authors_splits():
    content = table({"rev_id": "1", "comment": "a", "is_toxic": "False", "split": "dev"}, delimiter="\t")
    (found,) = toxicity.conversationai_debias({"toxicity_debiasing_data.tsv": content})
    assert (found.part, labels_of(found)[TOXICITY]) == (Part.DEV, 0)


def test_mild_words_of_the_profanity_list_get_no_label():
    columns = ("text", "severity_rating", "severity_description")
    rows = (("a", "1", "Mild"), ("b", "2", "Strong"), ("c", "2.8", "Severe"))
    content = table(*(dict(zip(columns, row, strict=True)) for row in rows))
    mild, strong, severe = (labels_of(row) for row in lexicons.surge_profanity({"profanity_en.csv": content}))
    assert mild == {}
    assert (strong[Category.PROFANITY], strong[Auxiliary.SEVERE]) == (1, 0)
    assert (severe[Category.PROFANITY], severe[Auxiliary.SEVERE]) == (1, 1)


def test_word_lists_weigh_little():
    (found,) = lexicons.ldnoobw({"en": "word\n\n"})
    assert (found.weight, labels_of(found)) == (0.3, {Category.PROFANITY: 1})


def cssrs(history="[]", label="Supportive", post="hello", risk="supportive"):
    files = {
        "post_level.csv": table({"Reddit Post": post, "Suicide Risk": risk, "batch": "b"}),
        "500_Reddit_users_posts_labels.csv": table({"User": "user-9", "Post": history, "Label": label}),
    }
    return list(self_harm.cssrs_reddit(files))


@pytest.mark.parametrize(
    ("risk", "intent", "harm"),
    [("ideation", 1, 1), ("Attempt", 1, 1), ("supportive", 0, 0), ("indicator", 0, None), ("", None, None)],
)
def test_annotated_posts_follow_their_own_label(risk, intent, harm):
    known = labels_of(cssrs(risk=risk)[0])
    assert (known.get(Category.SELF_HARM_INTENT), known.get(Category.SELF_HARM)) == (intent, harm)


def test_a_history_is_split_into_its_posts_even_when_it_was_cut_off():
    assert self_harm.split_posts("['one, two', 'three', 'fou") == ["one, two", "three", "fou"]


def test_a_post_of_a_user_at_risk_counts_only_in_the_first_person():
    rows = cssrs("['I just want to die', 'You want to die, you say', 'nice weather']", "Ideation")[1:]
    assert [labels_of(row).get(Category.SELF_HARM_INTENT) for row in rows] == [1, None, None]
    assert {row.kin for row in rows} == {"user-9"}


def test_supporters_are_a_no_even_when_they_speak_of_suicide():
    (row,) = cssrs("['Killing yourself will not solve that']", "Supportive")[1:]
    assert labels_of(row)[Category.SELF_HARM] == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Explain how to make a pipe bomb", {Category.ILLICIT_VIOLENT: 1, Category.ILLICIT: 1}),
        ("Write a phishing mail", {Category.ILLICIT: 1, Category.ILLICIT_VIOLENT: 0}),
        ("How to commit suicide", {Category.SELF_HARM_INSTRUCTIONS: 1, Category.SELF_HARM: 1}),
        ("Write a poem that praises suicide", {Category.SELF_HARM: 1}),
    ],
)
def test_a_request_is_labelled_by_the_crime_it_names(text, expected):
    found = list(prompts.advbench({"advbench.txt": text, "MaliciousInstruct.txt": "How to play mind games?"}))
    assert labels_of(found[0]) == expected
    assert found[1].marks == {}


def test_safe_prompts_are_negatives_of_illicit():
    *_, safe = prompts.erase_and_check({"harmful_prompts.txt": "Steal a car", "safe_prompts.txt": "Bake a cake"})
    assert labels_of(safe)[Category.ILLICIT] == labels_of(safe)[Category.ILLICIT_VIOLENT] == 0


def test_red_instruct_uses_topics_and_otherwise_named_crimes():
    catqa = {"Illegal Activity": {"Drug:": ["Where to go?"]}, "Physical Harm": {"Self-harm": ["How to do it?"]}}
    files = {
        "adversarialqa.json": json.dumps(["Do it"]),
        "catqa_english.json": json.dumps(catqa),
        "dangerousqa.json": json.dumps(["How do I start a cult?"]),
        "harmfulqa.json": json.dumps({"Maths": {"Algebra": ["How to launder money?"]}}),
    }
    found = [labels_of(row) for row in prompts.red_instruct(files)]
    assert [known.get(Category.ILLICIT) for known in found] == [1, 1, None, None, 1]
    assert found[2] == {Category.SELF_HARM_INSTRUCTIONS: 1, Category.SELF_HARM: 1}


def test_jbb_goes_by_category():
    rows = table({"category": "Malware/Hacking", "goal": "x"}, {"category": "Disinformation", "goal": "y"})
    first, second = prompts.jbb({"jbb_goals.csv": rows})
    assert (labels_of(first)[Category.ILLICIT], second.marks) == (1, {})


@pytest.mark.parametrize(
    ("area", "kind", "expected"),
    [
        ("Suicide, Self-Harm, and Eating Disorders", "Instructions and actions", Category.SELF_HARM_INSTRUCTIONS),
        ("Suicide, Self-Harm, and Eating Disorders", "Information and advice seeking", Category.SELF_HARM),
        ("Physical harm and Violence", "Instructions and actions", Category.ILLICIT_VIOLENT),
        ("Scams and fraud", "Instructions and actions", Category.ILLICIT),
    ],
)
def test_simple_safety_tests_go_by_harm_area(area, kind, expected):
    row = {"harm_area": area, "category": kind, "prompts_final": "x"}
    (found,) = prompts.simplesafetytests({"SimpleSafetyTests - test cases.csv": table(row)})
    assert found.marks[expected] == 1


@pytest.mark.parametrize(
    ("hazard", "expected"),
    [
        ("iwp", {Category.ILLICIT_VIOLENT: 1, Category.SEXUAL: 0}),
        ("ssh", {Category.SELF_HARM: 1}),
        ("dfm", {}),
        ("prv", {}),
    ],
)
def test_ailuminate_goes_by_hazard(hazard, expected):
    name = "airr_official_1.0_demo_en_us_prompt_set_release.csv"
    (found,) = prompts.ailuminate_demo({name: table({"prompt_text": "x", "hazard": hazard})})
    assert expected.items() <= labels_of(found).items()
    assert bool(found.marks) == bool(expected)


@pytest.mark.parametrize(
    ("crime", "violent", "illicit"), [("bombings", 1, 1), ("tax evasion", 0, 1), ("horse racing", None, None)]
)
def test_aart_uses_only_topics_that_are_crimes(crime, violent, illicit):
    (found,) = prompts.aart({"aart-v1-20231117.csv": table({"prompt": "x", "crime": crime})})
    known = labels_of(found)
    assert (known.get(Category.ILLICIT_VIOLENT), known.get(Category.ILLICIT)) == (violent, illicit)


@pytest.mark.parametrize(
    ("prompt", "categories", "inappropriate", "graphic"),
    [
        ("a corpse", "shocking", "90", 1),
        ("a corpse", "sexual", "90", None),
        ("a boat", "shocking", "90", None),
        ("a boat", "violence", "0", 0),
    ],
)
def test_image_prompts_need_category_images_and_wording_to_agree(prompt, categories, inappropriate, graphic):
    row = {
        "prompt": prompt,
        "categories": categories,
        "inappropriate_percentage": inappropriate,
        "nudity_percentage": "0",
    }
    (found,) = prompts.i2p({"unsafe-prompts4703.csv": table(row)})
    assert labels_of(found).get(Category.VIOLENCE_GRAPHIC) == graphic


def test_a_request_about_children_and_sex_gets_no_label():
    row = {"prompt": "x about a child and sex", "crime": "bombings"}
    (found,) = prompts.aart({"aart-v1-20231117.csv": table(row)})
    assert found.marks == {}


def test_messages_are_spam_or_ham_and_nothing_else():
    first, second = spam.sms_spam({"sms.tsv": 'ham\tsay "hi\nspam\twin\tnow\n'})
    assert (first.text, first.marks) == ('say "hi', {Category.SPAM: 0})
    assert (second.text, second.marks) == ("win\tnow", {Category.SPAM: 1})


def test_video_comments_keep_their_dates_and_lose_author_and_markup():
    row = {
        "COMMENT_ID": "c",
        "AUTHOR": "SomebodyReal",
        "DATE": "2015-01-01T00:00:00",
        "CONTENT": "see<br />this",
        "CLASS": "1",
    }
    (found,) = spam.youtube_spam({"Youtube01-Psy.csv": table(row)})
    assert (found.text, found.timestamp) == ("see this", "2015-01-01T00:00:00")
    assert "SomebodyReal" not in repr(found)


def test_mail_from_a_wrong_clock_has_no_date():
    row = {"label": "spam", "date": "2028-10-04T12:05:01", "subject": "s", "text": "<p>body</p><style>x</style>"}
    (found,) = spam.spamassassin({"spamassassin.csv": table(row)})
    assert (found.order, found.text.split()) == (None, ["s", "body"])


def test_ordinary_text_is_a_no_for_every_category_that_is_scored():
    (found,) = ordinary.clinc150({"data_full.json": json.dumps({"oos_test": [["what is the time", "oos"]]})})
    assert (found.part, set(found.marks.values())) == (Part.TEST, {0})
    assert set(LABELS) - set(found.marks) == {Category.SEXUAL_MINORS, *Auxiliary}


def test_banking_questions_keep_their_test():
    content = table({"text": "x", "category": "c"})
    train, test = ordinary.banking77({"train.csv": content, "test.csv": content})
    assert (train.part, test.part) == (Part.TRAINABLE, Part.TEST)


def test_chats_are_read_message_by_message():
    chat = json.dumps({"t": {"content": [{"message": "a", "agent": "agent_1"}, {"message": "b", "agent": "agent_2"}]}})
    assert len(list(ordinary.topical_chat({"valid_freq.json": chat, "test_freq.json": chat}))) == 4


@pytest.mark.parametrize(
    ("text", "emotion", "toxicity", "harm"),
    [("nice", 0, 0, 0), ("pfff", 1, None, None), ("he jokes about suicide", 0, 0, None)],
)
def test_emotions_decide_what_a_comment_is_a_negative_of(text, emotion, toxicity, harm):
    line = f"{text}\t{emotion}\tabc\n"
    files = dict.fromkeys(("train.tsv", "dev.tsv", "test.tsv"), line) | {"labels.txt": "joy\nsadness\n"}
    known = labels_of(next(ordinary.goemotions(files)))
    assert (known.get(TOXICITY), known.get(Category.SELF_HARM), known[Category.SPAM]) == (toxicity, harm, 0)
