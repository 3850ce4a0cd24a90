"""Chromium for tests of published pages, if it is installed."""

import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OWN_SERVICES = ("google.com", "googleapis.com", "gstatic.com")
"""Addresses that the browser itself contacts for time and updates."""

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
