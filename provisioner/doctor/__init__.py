"""Doctor: what is or will go wrong on this machine and in an environment, ours or not.

Collectors read files and settings into frozen values; rules, which are pure, judge those. Nothing
of a foreign environment is started.
"""

from provisioner.doctor._caches import collect_pip_cache, collect_uv_cache
from provisioner.doctor._environment import collect_environment
from provisioner.doctor._facts import (
    CacheFacts,
    Disk,
    Dist,
    EnvironmentFacts,
    Facts,
    SettingsFacts,
    Shadow,
    StoreFacts,
    Tool,
    TorchFile,
    UserSite,
)
from provisioner.doctor._judge import judge
from provisioner.doctor._machine import (
    collect_disks,
    collect_settings,
    collect_shadows,
    collect_toolkits,
)
from provisioner.doctor._observation import Observation
from provisioner.doctor._store import collect_store
from provisioner.doctor._tools import collect_tools, collect_user_site

__all__ = [
    "CacheFacts",
    "Disk",
    "Dist",
    "EnvironmentFacts",
    "Facts",
    "Observation",
    "SettingsFacts",
    "Shadow",
    "StoreFacts",
    "Tool",
    "TorchFile",
    "UserSite",
    "collect_disks",
    "collect_environment",
    "collect_pip_cache",
    "collect_settings",
    "collect_shadows",
    "collect_store",
    "collect_toolkits",
    "collect_tools",
    "collect_user_site",
    "collect_uv_cache",
    "judge",
]
