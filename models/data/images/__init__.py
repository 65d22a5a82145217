"""Pictures: the image sets, their label matrix, near-duplicate groups, splits and rendered negatives."""
