"""Tests of what is foreseen of a real year."""
