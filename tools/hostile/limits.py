"""Runs a case's command under limits and says in which ways it fell short."""
import dataclasses
import json
import os
import resource
import signal
import subprocess
import threading

ADDRESS_SPACE = 4 << 30  # Bytes.
# Where no address space is limited the command is told so: what it may take, it touches slowly there.
SANITIZED_LIMIT = ("--host-memory-limit", "1G")
LIMITED_COMMANDS = ("run", "compare", "profile", "validate", "convert")
WALL_SECONDS = 60  # The machine may be busy; the processor's time is what is judged.
LONGEST_LINE = 2000


@dataclasses.dataclass
class Outcome:
    code: int  # Negative: the signal that ended it.
    late: bool
    cpu_seconds: float
    megabytes: float
    stdout: bytes
    stderr: bytes


def set_limits(is_sanitized):
    """Limits this process and those that it starts."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not is_sanitized:  # A sanitizer's shadow memory takes terabytes of addresses.
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))


def run(arguments, folder, environment):
    """Runs a command to its end, or kills it and what it started."""
    process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               cwd=folder, env=environment, start_new_session=True)
    texts = {}

    def read(name, stream):
        texts[name] = stream.read()

    readers = [threading.Thread(target=read, args=pair)
               for pair in (("stdout", process.stdout), ("stderr", process.stderr))]
    late = []

    def end():
        late.append(True)
        os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(WALL_SECONDS, end)
    for thread in (*readers, timer):
        thread.start()
    _, status, usage = os.wait4(process.pid, 0)
    timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    for thread in readers:
        thread.join()
    process.stdout.close()
    process.stderr.close()
    return Outcome(process.returncode, bool(late), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024,
                   texts["stdout"], texts["stderr"])


def has_control_characters(text):
    return any(byte < 32 and byte not in b"\t\n" or byte == 127 for byte in text)


def ending_faults(case, outcome, scale):
    """How it ended, and what it took."""
    if outcome.late:
        yield "still running after %d s" % WALL_SECONDS
        return
    if outcome.code < 0:
        yield "ended by " + signal.Signals(-outcome.code).name
    elif outcome.code not in case.exits:
        yield "exit code %d, expected one of %s" % (outcome.code, list(case.exits))
    if outcome.megabytes > case.megabytes * scale:
        yield "%.0f MB of memory, at most %.0f" % (outcome.megabytes, case.megabytes * scale)
    if outcome.cpu_seconds > case.seconds * scale:
        yield "%.1f s of the processor's time, at most %.1f" % (outcome.cpu_seconds, case.seconds * scale)


def text_faults(case, outcome):
    """What it said."""
    lines = outcome.stderr.split(b"\n")
    if outcome.code > 0 and sum(1 for line in lines if line.strip()) != 1:
        yield "%d lines on stderr, expected one" % sum(1 for line in lines if line.strip())
    for text in case.says:
        if text.encode() not in outcome.stderr:
            yield "stderr lacks %r" % text
    if outcome.stderr and outcome.code >= 0 and lines[-1]:
        yield "the last line on stderr has no end"
    if max(map(len, lines)) > LONGEST_LINE and outcome.code >= 0:
        yield "a line of %d bytes on stderr" % max(map(len, lines))
    for name, text in (("stdout", outcome.stdout), ("stderr", outcome.stderr)):
        if has_control_characters(text):
            yield "control characters on " + name
    if b"Sanitizer" in outcome.stderr or b"runtime error:" in outcome.stderr:
        yield "a sanitizer's report"
    if case.is_json and outcome.code == 0:
        try:
            json.loads(outcome.stdout.decode())
        except ValueError:
            yield "stdout is no JSON"


def files_below(folder):
    """Every file and folder, by path below `folder`; links are not followed."""
    found = set()
    for parent, folders, names in os.walk(os.fsencode(folder)):
        for name in folders + names:
            found.add(os.path.relpath(os.path.join(parent, name), os.fsencode(folder)))
    return found


def file_faults(case, folder, before):
    """What it wrote."""
    allowed = {os.fsencode(product) for product in case.products} | {b"out"}
    for path in sorted(files_below(folder) - before - allowed):
        if not path.startswith(b"out/"):
            yield "a file outside of the output folder: %r" % path
        elif path.count(b"/") > 1 or not path.endswith(b".npy") or has_control_characters(path):
            yield "an output file %r" % path
        elif case.secret:
            with open(os.path.join(os.fsencode(folder), path), "rb") as file:
                if case.secret in file.read():
                    yield "the secret is in output %r" % path


def faults(case, mace, folder, environment, is_sanitized):
    """(texts that say how the case fell short, the outcome). `folder` holds the case's files."""
    places = {"{file}": os.path.join(folder, next(iter(case.files), "")), "{folder}": folder,
              "{out}": os.path.join(folder, "out")}
    arguments = [mace]
    for word in case.command:
        for place, path in places.items():
            word = word.replace(place, path)
        arguments.append(word)
    if is_sanitized and case.command[0] in LIMITED_COMMANDS and "--host-memory-limit" not in case.command:
        arguments += SANITIZED_LIMIT
    before = files_below(folder)
    outcome = run(arguments, folder, environment)
    # Instrumented code is slower and needs more memory; the plain build is held to the figures.
    scale = 8 if is_sanitized else 1
    found = [*ending_faults(case, outcome, scale), *text_faults(case, outcome), *file_faults(case, folder, before)]
    return found, outcome
