"""References: the frozen windows that live traffic is compared with, each kept with the bundle it belongs to."""
