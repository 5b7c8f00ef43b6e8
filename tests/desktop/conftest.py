"""A real QGIS Desktop on a screen of its own, with the plugin in a profile of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, Optional

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SCREENSHOTS = ROOT / "build" / "screenshots"
SCREEN = "1920x1080x24"
LONGEST_GAP = 100  # ms for which the GUI thread may be away
FAREWELL = 90  # seconds that QGIS may take to end once its scenario is over, on a machine that others keep busy

ENABLED = "[PythonPlugins]\ngeopub_plugin=true\n"
INI = """[qgis]
checkVersion=false
showTips=false
[app]
projections\\newProjectCrsBehavior=UseCrsOfFirstLayer
projections\\promptWhenMultipleTransformsExist=false
[locale]
overrideFlag=true
userLocale={language}
[UI]
UITheme={theme}
"""


@dataclass(frozen=True)
class Run:
    """What came of one run of QGIS."""

    returncode: int
    results: Dict[str, Any]
    output: str
    profile: Path


@pytest.fixture(scope="session")
def screen() -> Iterator[str]:
    """Return the name of a display that nobody else uses."""
    if shutil.which("Xvfb") is None or shutil.which("qgis") is None:
        pytest.skip("Xvfb or QGIS Desktop is not on this machine")
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", SCREEN, "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        number = pipe.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait(10)


@pytest.fixture
def qgis(screen: str, plugin_zip: Path, tmp_path: Path, downloads: Path) -> Callable[..., Run]:
    """Return what runs QGIS, with the plugin's zip installed or a profile without it, and a scenario until it ends.

    It is started where modules of strangers lie, not in the checkout, whose code the engine would find.
    """

    def run(
        scenario: str, language: str = "en", seconds: int = 600, scale: int = 1, theme: str = "default",
        installed: bool = True, profiles_in: str = "profiles", **given: Any
    ) -> Run:  # fmt: skip
        profiles = tmp_path / profiles_in
        profile = profiles / "profiles" / "default"
        if not profile.exists():
            install(plugin_zip if installed else None, profile, language, theme)
        results = tmp_path / "results.json"
        results.unlink(missing_ok=True)
        scratch = tmp_path / "run"
        told = {"results": str(results), "screenshots": str(SCREENSHOTS), "here": str(HERE), "language": language}
        environment = environment_in(scratch, DISPLAY=screen, QT_SCALE_FACTOR=str(scale),
                                     GEOPUB_DESKTOP_TEST=json.dumps({**told, **given}))  # fmt: skip
        command = ["qgis", "--nologo", "--noversioncheck", "--profiles-path", str(profiles), "--profile", "default"]
        output = scratch / "output.txt"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [*command, "--code", str(HERE / scenario)],
                env=environment, cwd=downloads, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
            timed_out = not _ends(process, seconds, results)
            if timed_out:
                _photograph(screen, SCREENSHOTS / "timed_out.png")
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        said = output.read_text("utf-8", "replace")
        late = "after the scenario" if results.exists() else f"in {seconds} s; see build/screenshots/timed_out.png"
        assert not timed_out, f"QGIS did not end {late}\n{said[-3000:]}"
        found = json.loads(results.read_text("utf-8")) if results.exists() else {}
        assert not found.get("error"), f"{found['error']}\n{said[-3000:]}"
        assert not (downloads / "imported").exists(), "modules of strangers were imported"
        assert found, f"the scenario said nothing\n{said[-3000:]}"
        return Run(process.returncode, found, said, profile)

    return run


def calm(play: Callable[[str], Run], pulse: str) -> Run:
    """Return a run of QGIS whose GUI thread was never away for long; `play` gets the name of a folder of profiles.

    A gap in which that thread worked is ours. One in which it waited is played again: it may have waited for somebody
    whom strangers kept from the processors (the owner of a lock, the screen, a disk); what is ours comes each time.
    """
    for folder in ("profiles", "profiles again", "profiles at last"):
        run = play(folder)
        away = [gap for gap in run.results[pulse]["worst"] if gap[0] >= LONGEST_GAP]
        if not away:
            return run
        assert all(work < LONGEST_GAP for _gap, _at, work in away), f"the GUI thread was at work: {away}"
    raise AssertionError(f"the GUI thread waited, each time: {away}")


def environment_in(scratch: Path, **more: str) -> Dict[str, str]:
    """Return the environment of a QGIS that keeps whatever it writes below a folder."""
    for folder in ("home", "xdg", "tmp"):
        (scratch / folder).mkdir(parents=True, exist_ok=True)
    (scratch / "xdg").chmod(0o700)
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(scratch / "home"),
        "XDG_RUNTIME_DIR": str(scratch / "xdg"),
        "TMPDIR": str(scratch / "tmp"),
        "QT_QPA_PLATFORM": "xcb",
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "LANG": "C.UTF-8",
        **more,
    }


def install(archive: Optional[Path], profile: Path, language: str, theme: str = "default") -> None:
    """Make a new profile with the plugin's zip, as QGIS's own plugin manager leaves it, or without any plugin."""
    if archive is not None:
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(profile / "python" / "plugins")
    (profile / "QGIS").mkdir(parents=True)
    settings = ("" if archive is None else ENABLED) + INI.format(language=language, theme=theme)
    for major in (3, 4):  # QGIS reads the file with its own number
        (profile / "QGIS" / f"QGIS{major}.ini").write_text(settings, "utf-8")


def processes_with(text: str) -> Dict[int, str]:
    """Return pid and command line of the processes whose command line holds a text."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            if text in command:
                found[int(folder.name)] = command
    return found


def _ends(process: subprocess.Popen, seconds: float, results: Path) -> bool:
    """Return whether QGIS ends in time: in that of its scenario, and soon after what came of it was written down."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            if results.exists():
                deadline = min(deadline, results.stat().st_mtime - time.time() + time.monotonic() + FAREWELL)
        else:
            return True
    return False


def _photograph(screen: str, file: Path) -> None:
    importer: Optional[str] = shutil.which("import")
    if importer is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([importer, "-display", screen, "-window", "root", str(file)], timeout=20, check=False)
