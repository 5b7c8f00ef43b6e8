"""Give the build the version that metadata.txt states, the only place that states it."""

from configparser import ConfigParser

from setuptools import setup

metadata = ConfigParser(interpolation=None)
metadata.read("metadata.txt", encoding="utf-8")
setup(version=metadata["general"]["version"])
