"""QEMU guests, by tools/guest.sh: a shell that has read it takes commands."""

import os
import subprocess

from bench.suite.lab import LabError

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Reads a line, runs it, says its status and, in a file, what it printed.
SHELL = """
set -euo pipefail
source tools/lib.sh
source tools/guest.sh
work="$1" image="$2" processes=()
while read -r command; do
  if eval "$command" >"$work/output" </dev/null; then echo ok; else echo failed; fi
done
"""


class Guests:
    """Guests that end with this object's close()."""

    def __init__(self, lab, image):
        self.folder = lab.path("guests")
        os.makedirs(self.folder)
        self._shell = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "bash", "-c", SHELL, "bench", self.folder, image],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _do(self, command):
        self._shell.stdin.write(f"{command}\n")
        self._shell.stdin.flush()
        if self._shell.stdout.readline().strip() != "ok":
            raise LabError(f"in or around a guest: {command} failed")
        with open(f"{self.folder}/output", encoding="utf-8") as output:
            return output.read()

    def boot(self, tap, number):
        self._do(f"guest_start {tap} 52:54:00:00:00:{number:02x}")

    def wait(self, tap):
        self._do(f"guest_wait {tap}")

    def run(self, tap, command):
        return self._do(f'guest {tap} "{command}"')

    def close(self):
        try:
            self._do('end_processes "${processes[@]}"')
        finally:
            # If that failed: the guests die with their shell.
            self._shell.kill()
            self._shell.wait()
