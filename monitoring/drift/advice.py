"""Advice: what to do about a change, by what changed. `docs/drift.md` lists it too."""

from typing import Final

from monitoring.drift.findings import Finding
from monitoring.drift.verdicts import Subject
from monitoring.windows.columns import BY_NAME, Group

_READ: Final = "Read some of the items named here."
_BY_COLUMN: Final = {
    ("tenant", None): "Ask whether a tenant was added or stopped sending; build a reference with the new mix if so.",
    (
        "surface",
        None,
    ): "Ask whether a surface was launched, renamed or cut off; build a new reference if it is to stay.",
    ("modality", None): "Check that clients still send pictures and texts as they did.",
    (
        "repeated",
        "up",
    ): "The same content comes again and again: look for a flood, limit its authors, add it to a bank.",
    ("user_reports", "up"): "People report more: review what they report first, it may be what the models miss.",
    ("language", None): "Another language mix: check quality on it by reviewed labels; the models may not know it.",
    ("script", None): "Another writing system: check for disguise by look-alike letters, and quality on new languages.",
    (
        "n_urls",
        "up",
    ): "More addresses: look for a spam wave; a rule on addresses holds it until a model has learned it.",
    ("altered_share", "up"): "Disguised characters: look for an evasion wave; send these items to review and retrain.",
    ("disguised_share", "up"): "Disguised words: look for an evasion wave; send these items to review and retrain.",
    ("n_chars", "down"): "Shorter texts: check that nothing cuts or empties texts upstream.",
    ("n_tokens", "down"): "Shorter texts: check that nothing cuts or empties texts upstream.",
    ("latency_ms", "up"): "Decisions take longer: check load, cores and the length of texts.",
    ("cached", "up"): "More repeats are answered from the cache: look for a flood of the same content.",
    ("cached", "down"): "The cache answers less: it was cleared, is too small, or content repeats less.",
    ("n_scored", None): "Categories are scored that were not, or the other way round: check which bundles are loaded.",
}
_BY_GROUP: Final = {
    Group.INTAKE: "Ask whoever sends content what changed; build a new reference if it is to stay.",
    Group.TEXT: f"Other texts come in than before. {_READ} If they are to stay, label some and build a new reference.",
    Group.IMAGE: f"Other images come in than before. {_READ} Check decoding and resizing upstream.",
    Group.PREDICTION: "Scores moved. If texts changed too, it is the traffic: review and label these items. If not, "
    "it is the model: check which bundle and calibration serve, and go back if they are wrong.",
    Group.POLICY: "Decisions moved. Check whether a policy was activated; if not, follow the scores that moved too.",
    Group.SYSTEM: "The server changed: check its load, its settings and its version.",
}
_BY_SUBJECT: Final = {
    Subject.TEXT_EMBEDDING: "Texts are about something else than before. Read the items named here; when the topic is "
    "new, suggest items to label (`weir monitor suggest`) and retrain.",
    Subject.IMAGE_EMBEDDING: "Images show something else than before. Look at the items named here and label some.",
    Subject.FAILURES: "Items get no decision: look at the code that rose (empty texts and unreadable images come from "
    "upstream, overload from here) and at what sends them.",
}
_VOLUME: Final = {
    "down": "Far fewer decisions than usual: check that clients reach the server and that it records.",
    "up": "Far more decisions than usual: look for a flood, a retry loop or a new client.",
}


def advise(finding: Finding) -> str:
    """One or two sentences on what to do."""
    way = finding.part.direction
    if finding.subject is Subject.VOLUME:
        return _VOLUME[way or "up"]
    if finding.subject is not Subject.COLUMN:
        return _BY_SUBJECT[finding.subject]
    if finding.part.name == "missing" and way == "up":
        return "Values are missing that were there: check which bundles are loaded and what kind of content comes in."
    for key in ((finding.name, way), (finding.name, None)):
        if key in _BY_COLUMN:
            return _BY_COLUMN[key]
    return _BY_GROUP[BY_NAME[finding.name].group]
