"""Runs the steps of a composite action as GitHub's runner does, as far as action.yml needs it.

run-action.py ACTION FOLDER NAME=VALUE...: NAME is inputs.x or github.x. The environment is the job's. What the steps set is in
FOLDER afterwards: env, path, and outputs (those of the action). The process group of what the steps leave running is in FOLDER/group.
"""

import os
import pathlib
import re
import subprocess
import sys

import yaml


def evaluate(text, context):
    """Puts values in place of ${{ name }}. A name that nobody knows is an error here; the runner would take it for empty."""

    def value(match):
        name = match[1]
        if name.startswith("steps.") and name not in context:
            return ""
        return context[name]

    return re.sub(r"\$\{\{\s*([\w.-]+)\s*\}\}", value, str(text))


def pairs(path):
    lines = path.read_text().splitlines() if path.exists() else []
    return dict(line.split("=", 1) for line in lines)


def main(action, folder, *given):
    action = yaml.safe_load(pathlib.Path(action).read_text())
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    context = {f"inputs.{name}": told.get("default", "") for name, told in action["inputs"].items()}
    context.update(pair.split("=", 1) for pair in given)
    env_file, path_file = folder / "env", folder / "path"
    job = dict(os.environ, RUNNER_TEMP=str(folder / "temp"), GITHUB_ENV=str(env_file), GITHUB_PATH=str(path_file))
    # The runner ends with its home; this machine does not.
    job["XDG_CACHE_HOME"] = str(folder / "cache")
    (folder / "temp").mkdir()
    status = 0
    for number, step in enumerate(action["runs"]["steps"]):
        assert step["shell"] == "bash", "the runner has no other shell everywhere"
        script = folder / f"step-{number}"
        script.write_text(evaluate(step["run"], context))
        output = folder / f"output-{number}"
        env = dict(job, GITHUB_OUTPUT=str(output), **pairs(env_file))
        env.update((name, evaluate(value, context)) for name, value in step.get("env", {}).items())
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        with subprocess.Popen(command, env=env, cwd=folder, start_new_session=True) as process:
            (folder / "group").write_text(str(process.pid))
            status = process.wait(timeout=100)
        context.update((f"steps.{step['id']}.outputs.{name}", value) for name, value in pairs(output).items())
        if status != 0:
            break
    outputs = {name: evaluate(told["value"], context) for name, told in action["outputs"].items()}
    (folder / "outputs").write_text("".join(f"{name}={value}\n" for name, value in outputs.items()))
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
