"""The description of host and commit at the head of every benchmark report."""
import datetime
import os
import platform
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def git(*words):
    """The output of a git command; None without git or without a repository."""
    try:
        done = subprocess.run(["git", "-C", ROOT, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.strip() or None


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.processor()


def describe_host(commit=None):
    """The head of a report. `commit`: used if git cannot tell it."""
    return {"date": datetime.date.today().isoformat(), "commit": commit or git("rev-parse", "HEAD"),
            "changed_since_commit": not commit and bool(git("status", "--porcelain", "--untracked-files=no")),
            "processor": processor(), "load_before": os.getloadavg()[0]}
