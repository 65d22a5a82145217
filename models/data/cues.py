"""Cues: words that decide a doubtful label where a set's own answer is too coarse.

A set that labels only sexism says nothing about racism; a list of "harmful questions" mixes crimes with bad manners.
Where a row's wording does not carry the label, the label stays unknown instead of wrong.
"""

import re
from typing import Final


def _words(stems: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{stems})", re.IGNORECASE)


OTHER_GROUPS: Final = _words(
    r"jew|muslim|islam|christian|catholic|hindu|black|white (?:people|men|women|race)|nigg|negro|coon\b"
    r"|african|asian|chin[ek]"
    r"|mexican|latin|hispanic|spic\b|arab|indian|paki|immigrant|migrant|refugee|foreigner|gay|lesbian|homo|fag|queer"
    r"|dyke|trans|trann|disab|retard|goy|kike|zog|race|racial|ethnic|gyps|raghead|sandn"
)
"""Protected groups other than women: their presence makes "not sexist" say nothing about hate in general."""

SELF_HARM: Final = _words(
    r"suicid|kill(?:ing|ed)? (?:myself|yourself|himself|herself|themsel)|self[- ]?(?:harm|injur|mutilat)"
    r"|cut(?:ting)? (?:myself|yourself)"
    r"|end (?:it all|my (?:own )?life|your life)|hang(?:ing)? (?:myself|yourself)|overdos|anorexi|bulimi"
    r"|starv(?:e|ing) (?:myself|yourself)"
    r"|want to die|wanna die|noose|slit(?:ting)? (?:my|your) wrist"
)

_I = (
    r"\bi(?:'?m|'?ve|'?d| am| have| had)?"
    r"(?: (?:just|really|still|often|always|sometimes|actually|honestly|also|only|do|did|so|truly|ever|never))*"
)

FIRST_PERSON_RISK: Final = re.compile(
    r"\b(?:kill(?:ing)? myself|end(?:ing)? my (?:own )?life|take my own life|hang(?:ing)? myself"
    r"|cut(?:ting)? myself|hurt(?:ing)? myself"
    r"|my (?:own )?suicide|my attempt)|"
    rf"{_I} (?:want|wanted|wanting|ready|going|wish i could|wish|hope|hoping) to (?:die|end it)|{_I} wanna die"
    rf"|{_I} (?:feel |feeling |felt |was |been )?(?:so |very )?suicidal"
    rf"|{_I} (?:tried|attempted|planned|plan|planning|considered|considering|contemplated"
    rf"|contemplating)(?: to commit)? suicide|{_I} overdosed",
    re.IGNORECASE,
)
"""The writer speaks of their own wish, plan or attempt."""

HOW_TO: Final = _words(
    r"how (?:to|can|do|could|should)|steps?\b|step-by-step|instruction|guide|tutorial|method|techniques?"
    r"|tips\b|ways? (?:to|of|for)|best way|fastest way"
    r"|easiest|tell me|teach|explain"
)
"""Asks for a method."""

SWEARING: Final = re.compile(
    r"f+u+c+k|f\*+c?k|\bf\.{2,}g?|sh[i1*]+t|bitch|b\*tch|biatch|\bcunt|\ba+s+s+\b|ass ?hole|\bass(?:es|wipe"
    r"|hat)|arse|dick|\bcock|puss(?:y|ies)|whore|\bhoe?s?\b|slut"
    r"|nigg|\bfag|bastard|\bdamn|goddamn|\bpiss|\bcrap|bollock|wank|twat|\btits?\b|\bprick|douche|motherf"
    r"|retard|\bhell\b|\bstfu\b|\bwtf\b|\bbullshi|\btard\b",
    re.IGNORECASE,
)
"""Common swear words and slurs, as a check on sets that label offence rather than words."""

VIOLENT_CRIME: Final = _words(
    r"bomb|explosi|grenade|weapon|firearm|gun\b|guns\b|ammunition|silencer|rifle|kill|murder|assassin"
    r"|shoot(?:ing|er)?\b|terror|massacre|poison"
    r"|kidnap|abduct|hostage|hijack|assault|attack (?:on )?(?:a |an |the )?(?:person|people|crowd|school"
    r"|church|group|community|building|public)"
    r"|rape|tortur|stab|strangl|behead|arson|violen|mass[- ]casualt|genocid|hitman|riot|biological agent"
    r"|chemical agent|nerve agent|dirty bomb"
    r"|physically harm|beat (?:up|someone)|human traffick|extremis"
)

CRIME: Final = _words(
    r"hack|malware|ransomware|spyware|virus|trojan|phish|steal|stole|theft|thief|rob\b|robb|burglar|fraud"
    r"|scam|launder|counterfeit|forge|fake id"
    r"|identity|tax evasion|evade tax|avoid (?:paying )?tax|embezzl|brib|blackmail|extort|smuggl|traffick"
    r"|drug|cocaine|heroin|meth\b|methamphet|insider trad"
    r"|pirat|illegal|break into|shoplift|ponzi|pyramid scheme|stalk|spy on|wiretap|hijack|sabotag|vandal"
    r"|without (?:getting )?(?:caught|their (?:consent|permission|knowledge))"
    r"|plagiari|cheat|dox|credit card|password|forg"
)

GORE: Final = _words(
    r"blood|gore|gory|corpse|dead bod|guts|entrail|mutilat|dismember|decapitat|behead|wound|flesh|organs"
    r"|intestin|severed|zombie|slaughter"
    r"|massacre|tortur|stabb|murder|skinn|impal|guillotin|bleed|rotting|carcass|cannibal"
)

SEXUAL_IMAGE: Final = _words(
    r"nude|naked|topless|erotic|sexy|sex\b|sexual|seductive|breast|boob|nsfw|lingerie|bikini|underwear"
    r"|cleavage|porn|orgasm|bdsm|thong|stripper|busty"
)

# Sexual wording together with childhood: such a row is dropped wherever it would be a training positive.
_CHILD = _words(
    r"child|young|kid\b|kids\b|minor\b|minors\b|underage|under-age|teen|toddler|infant|preteen|school ?girl"
    r"|school ?boy|little (?:girl|boy)"
    r"|girl|boy\b|boys\b|loli|shota|1[0-7][- ]year|daughter|pupil|adolescen|baby"
)
_SEXUAL = _words(
    r"sex|fuck|nude|naked|porn|erotic|molest|groom|rape|lingerie|bikini|nsfw|incest|seduc|prostitut|topless|pedo"
)


def mentions_sexualised_minor(text: str) -> bool:
    """Whether a text brings childhood and sex together. Broad on purpose: a false alarm costs one training row."""
    return bool(_CHILD.search(text) and _SEXUAL.search(text))
