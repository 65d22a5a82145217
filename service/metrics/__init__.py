"""Metrics: plain integers in memory that workers share, read when somebody asks."""
