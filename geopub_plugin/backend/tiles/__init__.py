"""Vector tile pyramids: plan, simplify, clip, encode, archive."""
