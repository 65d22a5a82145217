"""The other ways to serve the same bundle, each as its documentation would have it and with its best settings.

All of them take `{"input": text or list of texts}` (BentoML, whose batching takes one list, `{"texts": [...]}`),
normalise, tokenise, run and calibrate with the same `models.runtime` classifier, and answer one map from category to
score a text, serialised with orjson wherever the framework leaves that choice.
"""
