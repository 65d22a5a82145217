"""Data: from public text sets to typed, split, leak-checked examples. No torch here."""
