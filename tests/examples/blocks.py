"""Takes the examples out of a page, for the tools that know them.

blocks.py FOLDER PAGE...: a comment before a block says what it is.
  github: services   what stands under "services:" of a job; written as a whole workflow
  github: steps      what stands under "steps:"; written as a whole workflow
  gitlab             a .gitlab-ci.yml
  shell              lines for a shell
  a path             the same as that file of the repository, which is checked here
"""

import pathlib
import re
import sys
import textwrap

JOB = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n"
STEPS = "    steps:\n"
BLOCK = re.compile(r"^<!-- (github: services|github: steps|gitlab|shell|[\w./-]+\.(?:mjs|py)) -->\n```\w+\n(.*?)^```$", re.M | re.S)


def whole(kind, text):
    if kind == "github: services":
        return JOB + textwrap.indent(text, "    ") + STEPS + "      - run: npm test\n"
    if kind == "github: steps":
        return JOB + STEPS + textwrap.indent(text, "      ")
    return text


def main(folder, *pages):
    folder = pathlib.Path(folder)
    stale = 0
    for page in map(pathlib.Path, pages):
        found = BLOCK.findall(page.read_text())
        for number, (kind, text) in enumerate(found):
            if "/" in kind:
                if pathlib.Path(kind).read_text() != text:
                    print(f"FAIL  {page}: {kind} is not what is shown")
                    stale = 1
                continue
            ending = "sh" if kind == "shell" else "yml"
            name = f"{kind.split(':')[0]}-{page.stem}-{number}.{ending}"
            (folder / name).write_text(whole(kind, text))
        if not found:
            print(f"FAIL  {page} has no example")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
