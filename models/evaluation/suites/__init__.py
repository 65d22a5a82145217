"""Suites: named sets of measurements that `weir evaluate --suite` runs on a bundle, each with its targets."""
