"""What schema version 2 had otherwise: nothing but tables that it lacked."""

from zoneplanner.storage.values import Earlier

VERSION_2 = Earlier()
