// Reads AsyncAPI documents from the files named, and writes for each its diagnostics of severity "error" (0) or
// "warning" (1) to stdout, as one JSON array of arrays.
import { readFile } from "node:fs/promises";
import parser from "@asyncapi/parser";

const findings = [];
for (const file of process.argv.slice(2)) {
  const { diagnostics } = await new parser.Parser().parse(await readFile(file, "utf8"));
  findings.push(diagnostics.filter(({ severity }) => severity < 2).map(({ code, message }) => `${code}: ${message}`));
}
process.stdout.write(JSON.stringify(findings));
