"""The record of a publication: what a person says of the data, and the ISO 19139 document made of it."""
