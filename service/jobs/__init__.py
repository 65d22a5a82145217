"""Jobs: large files of items, decided in the background, exactly once each."""
