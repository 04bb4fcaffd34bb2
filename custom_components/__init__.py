"""Lets the tests import the integration as Home Assistant does."""
