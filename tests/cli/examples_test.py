#!/usr/bin/env python3
"""Runs every verb's example on a real switch, and validates every verb's JSON.

The examples are those of the verbs' table, which help and vswitchctl(8) show; the schemas are in
docs/schema, a file a verb. A verb without a schema fails, and so does a member that its schema does
not name.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

import jsonschema

from switch import ROOT, VSWITCHCTL, Guest, Switch, in_own_namespaces, wait_until

SCHEMAS = ROOT / "docs" / "schema"

# What the examples speak of.
WORLD = """
--if-exists --force del-br br0
--if-exists --force del-br br1
add-br br0
add-br br1
add-port br0 vm0
add-port br0 vm1
add-port br0 vm9
"""

# What must be there, or must not, beside that.
BEFORE = {
    "add-br": ["--force del-br br0"],
    "add-port": ["del-port vm0"],
    "fdb get": ["fdb add br0 52:54:00:12:ab:cd vm0"],
    "fdb del": ["fdb add br0 52:54:00:12:ab:cd vm0"],
    "fdb show": ["fdb add br0 52:54:00:12:ab:cd vm0 sticky"],
    "vlan del": ["vlan add vm0 vid 20-30", "vlan add vm0 vid 40"],
    "vlan show": ["vlan add vm0 vid 20-30"],
    "mirror del": ["mirror add br0 m1 src=vm0,vm1 to=vm9"],
    "mirror show": ["mirror add br0 m1 src=vm0,vm1 to=vm9"],
    "mdb show": ["set br br0 mcast_snooping=on", "set port vm0 mcast_router=on"],
    "mdb flush": ["set br br0 mcast_snooping=on"],
    "rstp show": ["set br br0 rstp=on"],
}

# No JSON to validate: why.
NO_JSON = {"run": "becomes its command"}

# Beside the examples: the other forms that an answer has. They are of the schema that is named.
MORE = [
    ("show", "show"),
    ("help", "help"),
    ("qemu-args", "qemu-args vm0"),
    ("stats", "stats vm0"),
    ("stats", "stats --reset"),
    ("transaction", "add-br br9 -- del-br br9"),
    ("error", "add-br br0"),
    ("error", "add-br br9 -- add-port br8 vm0"),
    ("transaction", "-b /dev/null"),
    ("error", "no-such-verb"),
    ("error", "--no-such-flag"),
]


class Validator:
    def __init__(self):
        self.store = {}
        for path in SCHEMAS.glob("*.json"):
            schema = json.loads(path.read_text(encoding="utf-8"))
            jsonschema.Draft202012Validator.check_schema(schema)
            self.store[path.name] = schema

    def check(self, name, text):
        schema = self.store[f"{name}.json"]
        by_id = {each["$id"]: each for each in self.store.values()}
        resolver = jsonschema.RefResolver(schema["$id"], schema, store=by_id)
        validator = jsonschema.Draft202012Validator(schema, resolver=resolver)
        lines = text.splitlines()
        if not lines:
            raise AssertionError(f"{name}: nothing was printed")
        for line in lines:
            errors = [e.message for e in validator.iter_errors(json.loads(line))]
            if errors:
                raise AssertionError(f"{name}: {line[:2000]}\n" + "\n".join(errors[:5]))


def objects_of(schema, path=""):
    """All schemas of objects within a schema."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield path, schema
        for key, value in schema.items():
            yield from objects_of(value, f"{path}/{key}")
    elif isinstance(schema, list):
        for i, value in enumerate(schema):
            yield from objects_of(value, f"{path}/{i}")


def file_of(verb):
    return verb.replace(" ", "-")


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.switch = Switch()
        cls.validator = Validator()
        cls.verbs = json.loads(cls.switch.ok("--json", "help"))["verbs"]
        cls.bin = tempfile.TemporaryDirectory()
        cls.program("vswitchctl", f"""
            [ "$1" = capture ] && set -- "$@" count=1
            exec {VSWITCHCTL} $VSWITCHCTL_FLAGS "$@" """)
        cls.program("qemu-system-x86_64", 'echo guest "$@"')

    @classmethod
    def tearDownClass(cls):
        cls.switch.stop()
        cls.bin.cleanup()

    @classmethod
    def program(cls, name, script):
        path = pathlib.Path(cls.bin.name, name)
        path.write_text(f"#!/bin/bash\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    def prepare(self, verb):
        self.switch.ok("-b", "-", input=WORLD)
        for line in BEFORE.get(verb, []):
            self.switch.ok(*line.split())

    def example(self, verb, flags=""):
        path = f"{self.bin.name}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "VSWITCHCTL_FLAGS": flags}
        done = subprocess.run(["bash", "-o", "pipefail", "-c", verb["example"]], env=environment,
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, f"{verb['example']}: {done.stderr}")
        return done.stdout

    def test_each_example_runs_and_its_json_is_as_its_schema_says(self):
        changes_nothing = {"show", "get", "stats", "list", "port", "trace", "version", "help",
                           "qemu", "log"}
        world_is_there = False
        for verb in self.verbs:
            name = verb["name"]
            if name in ("exit", "capture"):
                continue
            with self.subTest(name):
                words = set(name.replace("-", " ").split())
                reads = bool(words & changes_nothing) and name not in ("add-port", "set port",
                                                                        "del-port", "move-port")
                if not (reads and world_is_there and name not in BEFORE):
                    self.prepare(name)
                world_is_there = reads
                if name in NO_JSON:
                    self.example(verb)
                    continue
                if reads:
                    self.example(verb)
                text = self.example(verb, "" if "--json" in verb["example"] else "--json")
                # What prints there is the command that its words are for; MORE has its JSON.
                if name != "qemu-args":
                    self.validator.check(file_of(name), text)

    def test_capture(self):
        verb = next(v for v in self.verbs if v["name"] == "capture")
        self.prepare("capture")
        guest = Guest("vm0")
        wait_until("vm0 is up", lambda: self.switch.ok("get", "port", "vm0", "state") == "up\n")
        done = threading.Event()

        def send():
            while not done.wait(0.02):
                guest.send("52:54:00:00:00:01")

        sender = threading.Thread(target=send)
        sender.start()
        try:
            self.assertIn("52:54:00:00:00:01", self.example({"example": verb["example"].replace(
                "tcpdump -r", "tcpdump -e -r")}))
            text = self.switch.ok("--json", "capture", "vm0", "count=1")
            self.validator.check("capture", text)
        finally:
            done.set()
            sender.join()
            guest.close()

    def test_other_forms_of_answers(self):
        self.switch.ok("-b", "-", input=WORLD)
        self.switch.ok("set", "br", "br0", "rstp=on", "move_limit=5/10", "mcast_snooping=on")
        self.switch.ok("set", "port", "vm0", "guard=mac", "allowed_macs=52:54:00:00:00:01", "tag=7")
        for schema, line in MORE:
            with self.subTest(line):
                done = self.switch.run("--json", *line.split())
                self.assertEqual(done.returncode != 0, schema == "error", line)
                self.validator.check(schema, done.stdout)
        guest = Guest("vm0")
        wait_until("vm0 has a guest",
                   lambda: "no guest" not in self.switch.ok("get", "port", "vm0", "detail"))
        text = self.switch.ok("--json", "del-port", "vm0")
        guest.close()
        self.assertEqual(json.loads(text)["kept"], "vm0")
        self.validator.check("del-port", text)

    def test_stats_are_watched_until_the_reader_has_gone(self):
        self.switch.ok("-b", "-", input=WORLD)
        for flags in (["--json"], []):
            watch = subprocess.Popen([VSWITCHCTL, *flags, "stats", "--watch"],
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            lines = [watch.stdout.readline() for _ in range(3)]
            watch.stdout.close()
            self.assertEqual(watch.wait(60), -signal.SIGPIPE)
            self.assertEqual(watch.stderr.read(), "")
            watch.stderr.close()
            if flags:
                self.validator.check("stats", "".join(lines))
            else:
                self.assertTrue(lines[0].startswith("PORT"), lines)

    def test_exit_ends_the_daemon(self):
        verb = next(v for v in self.verbs if v["name"] == "exit")
        self.validator.check("exit", self.example(verb, "--json"))
        self.assertEqual(self.switch.daemon.wait(60), 0)
        self.switch.start()


class Schemas(unittest.TestCase):
    def test_name_every_member(self):
        for path in sorted(SCHEMAS.glob("*.json")):
            schema = json.loads(path.read_text(encoding="utf-8"))
            self.assertTrue(schema["$id"].endswith(f"/{path.name}"), path)
            for where, each in objects_of(schema):
                closed = (each.get("additionalProperties") is not None
                          and each.get("additionalProperties") is not True
                          or each.get("unevaluatedProperties") is False)
                self.assertTrue(closed, f"{path.name}{where} takes members that it does not name")

    def test_there_is_one_for_each_verb(self):
        text = subprocess.run([VSWITCHCTL, "--json", "help"], capture_output=True, check=True)
        for verb in json.loads(text.stdout)["verbs"]:
            if verb["name"] in NO_JSON:
                continue
            path = SCHEMAS / f"{file_of(verb['name'])}.json"
            self.assertTrue(path.exists(), f"{verb['name']} has no schema {path}")


if __name__ == "__main__":
    in_own_namespaces()
    # What is to take the place of RefResolver, Debian 12's jsonschema does not have.
    unittest.main(argv=sys.argv[:1], verbosity=2, warnings="ignore")
