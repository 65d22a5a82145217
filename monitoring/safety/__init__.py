"""Safety metrics: how much harm there is, how much is found first, how often that is wrong, and how long it takes."""
