"""Loaders: one small function a set, from its files to rows."""

from types import MappingProxyType
from typing import Final

from models.data import seeds
from models.data.loaders import hate_speech, lexicons, ordinary, prompts, self_harm, spam, toxicity
from models.data.rows import Loader

LOADERS: Final[MappingProxyType[str, Loader]] = MappingProxyType(
    {
        loader.__name__: loader
        for loader in (
            hate_speech.davidson,
            hate_speech.hatexplain,
            hate_speech.edos,
            hate_speech.gab_hate_corpus,
            hate_speech.gibert_stormfront,
            hate_speech.mlma,
            hate_speech.fox_news,
            hate_speech.guest_misogyny,
            hate_speech.cad,
            hate_speech.sbic_dev,
            hate_speech.safenlp,
            hate_speech.hatemoji,
            toxicity.convabuse,
            toxicity.toxic_spans,
            toxicity.context_toxicity,
            toxicity.jigsaw_subsets,
            toxicity.civil_assembled,
            toxicity.paradetox,
            toxicity.surge_toxicity,
            toxicity.conversationai_bias,
            toxicity.conversationai_debias,
            lexicons.surge_profanity,
            lexicons.ldnoobw,
            self_harm.cssrs_reddit,
            prompts.i2p,
            prompts.ailuminate_demo,
            prompts.simplesafetytests,
            prompts.aart,
            prompts.red_instruct,
            prompts.advbench,
            prompts.jbb,
            prompts.erase_and_check,
            spam.sms_spam,
            spam.youtube_spam,
            spam.spamassassin,
            ordinary.clinc150,
            ordinary.banking77,
            ordinary.goemotions,
            ordinary.topical_chat,
            seeds.weir_seeds,
        )
    }
)
"""By registry id."""
