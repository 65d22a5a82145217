"""The wire format of the Perspective API: comments in, scores of attributes out."""
