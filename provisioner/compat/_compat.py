"""The compat data as one value, and the questions that one can ask it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner.compat._types import DOUBTFUL, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provisioner.compat._hardware import Hardware
    from provisioner.compat._types import (
        Accelerator,
        Build,
        Ceiling,
        Companion,
        Known,
        Member,
        MemberName,
        Release,
        TorchWishes,
        TrioName,
        Wheel,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compat:
    """Everything that torchenv knows about published builds; compared by identity."""

    version: str
    """Version of the data, a date; every lock records it."""
    releases: tuple[Release, ...]
    """Oldest first."""
    members: Mapping[tuple[str, str], Member]
    """By name and version."""
    builds_by_place: Mapping[tuple[str, str], tuple[Build, ...]]
    """By torch release and platform, those of the default index first."""
    wheels: tuple[Wheel, ...]
    """In order of precedence."""
    accelerators: Mapping[str, Accelerator]
    ceilings: tuple[Ceiling, ...]
    companions: tuple[Companion, ...]
    hashes: Mapping[str, str]
    """sha256 of files of PyTorch's own index, by folder and file name: ``cpu/torch-….whl``."""
    citations: Mapping[str, str]
    """What the codes in ``sources`` stand for."""
    platforms: tuple[str, ...]
    """Those that some torch was published for."""
    given_hardware: Hardware | None = None
    """What to take in place of the hardware data that ships."""

    @property
    def hardware(self) -> Hardware:
        """What is known of drivers and GPU code, read when it is first asked for."""
        if self.given_hardware is not None:
            return self.given_hardware
        # Imported here because a plan for a CPU does not need it.
        from provisioner.compat._hardware import load_hardware  # noqa: PLC0415 see above

        return load_hardware()

    def torch_wishes(self, package: str) -> TorchWishes | None:
        """Return what the releases of a package ask of torch, None where that is not known."""
        # Imported here because a plan without dependencies does not need it.
        from provisioner.compat._dependents import load_dependents  # noqa: PLC0415 see above

        return load_dependents().get(package)

    @property
    def newest(self) -> Release:
        """The newest torch release that the data has."""
        return self.releases[-1]

    def release(self, torch: str) -> Release | None:
        """Return a torch release, None where the data does not have it."""
        return next((one for one in self.releases if one.torch == torch), None)

    def builds(
        self, torch: str, *, platform: str | None = None, accelerator: str | None = None
    ) -> tuple[Build, ...]:
        """Return the builds of a torch release, for one platform or accelerator or for all.

        Those of the default index come before those of PyTorch's.
        """
        platforms = self.platforms if platform is None else (platform,)
        return tuple(
            build
            for place in platforms
            for build in self.builds_by_place.get((torch, place), ())
            if accelerator is None or build.accelerator == accelerator
        )

    def torch_with(self, accelerator: str, platform: str | None = None) -> tuple[str, ...]:
        """Return the torch releases that have (or may have) a build of it, oldest first."""
        return tuple(
            release.torch
            for release in self.releases
            if self.builds(release.torch, platform=platform, accelerator=accelerator)
        )

    def member(self, name: MemberName, version: str) -> Member | None:
        """Return a release of torchvision or torchaudio, None where the data does not have it."""
        return self.members.get((name, version))

    def pairs(self, torch: str, name: MemberName) -> tuple[Member, ...]:
        """Return the releases of a member that go with a torch, the one to take first."""
        release = self.release(torch)
        versions = release.members(name) if release is not None else ()
        return tuple(self.members[name, version] for version in versions)

    def member_known(self, member: Member, build: Build, python: str) -> Known | None:
        """Return how far it is known that a member is beside a torch build; None: it is not.

        On the default index that is the member's own list of wheels. PyTorch's index was only ever
        listed for torch: there a member has the platforms and Pythons that it has on the default
        index, for the accelerators of the torch it was built for.
        """
        if build.index == "default":
            return member.known if member.has_wheel(build.platform, python) else None
        if build.platform not in member.platforms:
            return None
        if python in member.unsure:
            return "unknown"
        if not member.has_wheel(build.platform, python):
            return None
        return self._accelerator_known(member, build)

    def _accelerator_known(self, member: Member, build: Build) -> Known | None:
        for row in member.also:
            if build.platform in row.platforms and build.accelerator in row.accelerators:
                return row.known
        if member.derived:
            return None
        like = [
            own.known
            for torch in member.built_for
            for own in self.builds(torch, platform=build.platform, accelerator=build.accelerator)
            if own.index == "pytorch"
        ]
        if not like or like[0] in DOUBTFUL:
            return like[0] if like else "unknown"
        return "inferred"

    def wheel(self, name: TrioName, build: Build, python: str) -> Wheel | None:
        """Return how the file of a trio member beside (or of) a torch build is named."""
        for row in self.wheels:
            if (
                build.torch in row.torch
                and build.platform in row.platforms
                and build.index in row.indexes
                and (not row.members or name in row.members)
                and (not row.accelerators or build.accelerator in row.accelerators)
                and (not row.pythons or python in row.pythons)
            ):
                return row
        return None

    def ceilings_for(self, torch: str, platform: str, python: str) -> tuple[Ceiling, ...]:
        """Return what a torch release asks of other packages on a platform and Python."""
        return tuple(
            one
            for one in self.ceilings
            if torch in one.torch
            and (not one.platforms or platform in one.platforms)
            and (not one.pythons or python in one.pythons)
        )

    def is_companion(self, name: str, accelerator: str | None = None) -> bool:
        """Whether a package travels with the trio: with that of one accelerator, or with any.

        Args:
            name: Normalised project name.
            accelerator: Whose trio; None asks about all of them.
        """
        kind = None if accelerator is None else kind_of(accelerator)
        return any(
            one.matches(name) for one in self.companions if kind is None or kind in one.kinds
        )

    def cite(self, sources: Iterable[str]) -> str:
        """Return the full citations of source codes, for people."""
        return "; ".join(
            f"{code}: {text}" if "#" in code else text
            for code, text in ((code, self.citations[code]) for code in sources)
        )
