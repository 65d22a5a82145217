"""Arrays to numbers and plots: how good the scores are, and at which operating points to use them.

Knows numpy, scikit-learn, matplotlib and the contracts. No torch, no network, no data package: whoever calls
brings labels, scores and sources as arrays.
"""
