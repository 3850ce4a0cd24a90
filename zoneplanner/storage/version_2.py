"""What schema version 2 had otherwise: nothing but tables that it lacked."""

from zoneplanner.storage.values import VersionUpgrade

UPGRADE_FROM_2 = VersionUpgrade()
