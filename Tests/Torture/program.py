"""One run of the program, and the verdict on how it ended."""

import hashlib
import json
import mmap
import os
import re
import shlex
import signal
import subprocess
import threading
import time

# sysexits.h, as `undertone --help` lists them.
DOCUMENTED = {0, 64, 65, 66, 70, 73}
CRASHES = (
    "Fatal error", "undertone: internal error", "Sanitizer", "runtime error:", "Current stack", "Program crashed",
    "terminate called", "double free", "corrupted", "malloc():",
)
# Lines that say something beside the error.
NOTES = re.compile(
    r": left out|^undertone: left out|^undertone: split by |^undertone: and \d+ more |^undertone: \d+ of \d+ \w+ failed|"
    r"^undertone: (.*: )?warning: |: unlike the training data|: its decoder found faults |"
    r"only its first|^undertone: \d+ classes: |^undertone: resum|^undertone: no clip of ")
# Other lines on standard error: what a training prints of its epochs, and what libmpg123 prints of damaged MP3 where the
# C library is not glibc.
OTHERS = re.compile(r"epoch \d|best epoch |split by |\[src/libmpg123/|Note: |Warning: ")
LIBRARY = re.compile(r"\[src/libmpg123/|Note: |Warning: ")
# What the program writes beside a file's place, and what a library could.
LITTER = re.compile(
    r"(^|/)\.undertone-|\.dat\.nosync|\.tmp$|~$|(^|/)\.sb-|"
    r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}")
NOT_PLAIN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]")


class Run:
    """How a run ended: `status` as a shell tells it, below zero for a signal."""

    def __init__(self, status, output, errors, seconds, is_late, peak):
        self.status, self.output, self.errors = status, output, errors
        self.seconds, self.is_late, self.peak = seconds, is_late, peak

    @property
    def lines(self):
        return [line for line in self.errors.split("\n") if line]

    @property
    def error_lines(self):
        return [line for line in self.lines if line.startswith("undertone: ") and not NOTES.search(line)]

    @property
    def is_crash(self):
        return (self.status < 0 or self.status >= 128 and self.status != 130 or self.status not in DOCUMENTED | {130}
                or any(word in self.errors for word in CRASHES))

    def __str__(self):
        return f"status {self.status} after {self.seconds:.1f} s: " + " | ".join(line for line in self.lines if not LIBRARY.match(line))[:600]


class Program:
    """The built program; `is_sanitized` where it is built with the address or the thread sanitizer."""

    def __init__(self, path, slowness=1.0):
        self.path = os.path.abspath(path)
        # Not read: a child's peak of memory begins with what this process has.
        with open(self.path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            # The thread sanitizer needs a second thread to find anything.
            self.threads = "2" if content.find(b"__tsan_init") >= 0 else "1"
            self.is_sanitized = self.threads == "2" or content.find(b"__asan_init") >= 0
        self.slowness = slowness * (10 if self.is_sanitized else 1)
        self.environment = {
            **os.environ, "OMP_NUM_THREADS": self.threads, "OMP_WAIT_POLICY": "passive", "COLUMNS": "80",
            "ASAN_OPTIONS": "detect_leaks=0:handle_segv=1:abort_on_error=0:exitcode=99",
            "TSAN_OPTIONS": "exitcode=99",
            "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:exitcode=99",
        }
        self.environment.pop("UNDERTONE_MODEL", None)

    def start(self, arguments, folder, limits="", stdin=None):
        """The process in `folder`, after shell settings such as `ulimit -f 8`. Its streams are pipes, which no limit of a
        file's size is for, and are read at once."""
        if self.is_sanitized:
            limits = ""
        if "--threads" in arguments:
            arguments = list(arguments)
            arguments[arguments.index("--threads") + 1] = self.threads
        command = [self.path, *arguments]
        if limits:
            command = ["/bin/sh", "-c", f'{limits}; exec "$0" "$@"', *command]
        process = subprocess.Popen(
            command, cwd=folder, env=self.environment, stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True)
        process.began, process.texts, process.readers = time.monotonic(), [b"", b""], []
        for number, stream in enumerate((process.stdout, process.stderr)):
            process.readers.append(threading.Thread(target=drain, args=(stream, process.texts, number)))
            process.readers[-1].start()
        return process

    def finish(self, process, seconds=60.0):
        late = threading.Event()

        def end():
            late.set()
            kill(process)

        timer = threading.Timer(seconds * self.slowness, end)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        for reader in process.readers:
            reader.join()
        texts = [text.decode("utf-8", "replace") for text in process.texts]
        return Run(
            process.returncode, *texts, time.monotonic() - process.began, late.is_set(), usage.ru_maxrss / 1024)

    def run(self, arguments, folder, limits="", seconds=60.0, stdin=None):
        return self.finish(self.start(arguments, folder, limits, stdin), seconds)

    def shown(self, arguments, limits=""):
        """The command for a shell, with the program as $UNDERTONE."""
        text = " ".join(shlex.quote(word) for word in arguments)
        command = f'OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive "$UNDERTONE" {text}'
        return f"({limits}; {command})" if limits else command


def kill(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def drain(stream, texts, number):
    with stream:
        texts[number] = stream.read()


class Wrong(Exception):
    """A verdict that is not `handled`, with its reason."""

    def __init__(self, verdict, reason):
        super().__init__(f"{verdict}: {reason}")
        self.verdict, self.reason = verdict, reason


def check_ended(run, naming=None, is_batch=False, allowed=DOCUMENTED):
    """Throws unless the run ended in time, with a documented status, and after a failure with one clear line.

    naming: words of which the line has one; is_batch: several things can fail, each with its line."""
    if run.is_late:
        raise Wrong("hung", str(run))
    if "out of memory" not in run.errors and run.is_crash:
        raise Wrong("crashed", str(run))
    for text in (run.output, run.errors):
        if found := NOT_PLAIN.search(text):
            raise Wrong("unclear", f"prints the control character {found.group()!r}: {run}")
    if run.status == 0:
        return
    if run.status not in allowed:
        raise Wrong("unclear", str(run))
    if strange := [line for line in run.lines if not line.startswith("undertone: ") and not OTHERS.match(line)]:
        raise Wrong("unclear", f"lines of another form: {strange[0][:200]}: {run}")
    lines = run.error_lines
    if not lines or len(lines) > 1 and not is_batch:
        raise Wrong("unclear", f"{len(lines)} lines of error: {run}")
    if any(len(line) > 5000 for line in lines):
        raise Wrong("unclear", f"a line of {max(map(len, lines))} characters")
    if naming and run.status != 64 and "out of memory" not in run.errors:
        if not any(word in line for line in lines for word in naming):
            raise Wrong("unclear", f"the error names none of {naming}: {run}")


def check_sane(text):
    """Throws where JSON in an output is none, or where numbers in it are not finite, or probabilities no probabilities."""

    def refuse(word):
        raise Wrong("lost", f"{word} in the output")

    for line in text.splitlines():
        if line.startswith("{"):
            try:
                value = json.loads(line, parse_constant=refuse)
            except ValueError as error:
                raise Wrong("lost", f"the output is no JSON: {error}: {line[:200]}")
            probabilities = value.get("probabilities")
            if isinstance(probabilities, dict):
                numbers = list(probabilities.values())
                if any(not 0 <= number <= 1 for number in numbers) or numbers and abs(sum(numbers) - 1) > 1e-3:
                    raise Wrong("lost", f"probabilities that are none: {line[:200]}")
        elif re.search(r"(?<![A-Za-z])(nan|-?inf)(?![A-Za-z])", line):
            raise Wrong("lost", f"not a number: {line[:200]}")


def tree(folder, normal=lambda name, data: data):
    """The digest of each file below a folder, by its path in it; a folder's is empty."""
    found = {}
    folder = os.fsencode(folder)
    for here, folders, files in os.walk(folder):
        for name in files:
            path = os.path.join(here, name)
            key = os.fsdecode(os.path.relpath(path, folder))
            if os.path.islink(path):
                found[key] = "link " + os.fsdecode(os.readlink(path))
            elif os.path.isfile(path):
                with open(path, "rb") as file:
                    found[key] = hashlib.sha1(normal(key, file.read())).hexdigest()
            else:
                found[key] = "special"
    return found


def litter(names):
    return sorted(name for name in names if LITTER.search(name))


def check_kept(before, after, may_change=()):
    """Throws where a file of before is gone or another, unless it is below one of may_change."""
    for name, digest in before.items():
        if any(name == place or name.startswith(place + "/") for place in may_change):
            continue
        if name not in after:
            raise Wrong("lost", f"{name} is gone")
        if after[name] != digest:
            raise Wrong("lost", f"{name} was changed")


def check_no_litter(after, before=()):
    if found := [name for name in litter(after) if name not in before]:
        raise Wrong("lost", f"left behind: {', '.join(found[:5])}")
