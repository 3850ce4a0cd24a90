"""What-ifs: the band over the map while one is on screen, and what asks for zones."""

from zoneplanner.ui.panels.what_if.banner import WhatIfBanner
from zoneplanner.ui.panels.what_if.panel import WhatIfPanel

__all__ = ["WhatIfBanner", "WhatIfPanel"]
