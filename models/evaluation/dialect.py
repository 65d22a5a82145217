"""Dialect: a rough mark of posts in African American English, to compare false alarms by how people write.

A post is marked when it holds one of a few spellings or phrases that descriptions of the variety name: *finna*, *gon*,
habitual *be*, *ain't no*, dropped copulas such as *he mad*, "th" written as "d", and so on. The list is this project's,
short, and knows nothing of who wrote a post: speakers of the variety mostly write none of these, others borrow them.
Swear words are deliberately not in it. It can show that a way of writing is flagged more often, and not for whom; a
difference may also lie in what the marked posts say or in how annotators read them.
Source: the features are described by Green (2002), "African American English: a linguistic introduction", and their
spellings online by Blodgett et al. (2016), "Demographic dialectal variation in social media"; that annotations of such
posts are themselves biased is shown by Sap et al. (2019), "The risk of racial bias in hate speech detection".
"""

import re
from typing import Final

import numpy as np

from models.evaluation.arrays import Bools

_MARKS: Final = (
    r"finna", r"tryna", r"gon(?!e)", r"ion(?= (?:know|care|want|need|like|even))", r"ima", r"imma", r"iont",
    r"wit", r"dat", r"dis(?= (?:is|ain|one|my))", r"dem", r"dey", r"dere", r"wuz", r"bruh", r"yall", r"y'all",
    r"ain'?t (?:no|got|never|nobody|nothin\w*)", r"(?:he|she|they|we|you|it) be", r"been had",
    r"done (?:told|did|said|got|lost)",
    r"(?:he|she|they|we) (?:mad|trippin\w*|talkin\w*|lookin\w*|crazy|funny|tryin\w*)", r"talmbout", r"talkin bout",
    r"nuffin|nuttin|nothin", r"sumn|sumthin|somethin", r"errbody|err'body", r"on fleek|no cap",
)  # fmt: skip
_MARKED: Final = re.compile(r"(?<![\w#@])(?:" + "|".join(_MARKS) + r")(?!\w)", re.IGNORECASE)


def is_marked(texts: list[str]) -> Bools:
    """Whether each text carries one of the marks. *Shape:* `(n,)`."""
    return np.array([_MARKED.search(text) is not None for text in texts], dtype=np.bool_)
