"""What all tests share: this folder is on the path for ``builders``; Qt needs no display."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
