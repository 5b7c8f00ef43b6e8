"""The catalogue service (CSW 2.0.2, OGC 07-006r1): metadata records that are published."""
