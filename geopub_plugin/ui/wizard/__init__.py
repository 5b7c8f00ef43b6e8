"""The wizard: every setting of a publication, one page a file."""
