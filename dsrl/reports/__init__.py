"""Reports: runs inspected, explained, compared, and tried in other variants of their game."""
