"""Reports: a verdict and what lies behind it, as one page that opens anywhere and as JSON."""
