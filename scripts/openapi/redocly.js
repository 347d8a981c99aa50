// Lint a document with Redocly, whose command does the same with ten times as many packages: node redocly.js FILE
const path = require("path");
const { formatProblems, getTotals, lint, loadConfig } = require("@redocly/openapi-core");

async function main(file) {
  const config = await loadConfig({ configPath: path.join(__dirname, "redocly.yaml") });
  const problems = await lint({ ref: file, config });
  const totals = getTotals(problems);
  formatProblems(problems, { format: "stylish", totals, maxProblems: 100 });
  process.exitCode = totals.errors + totals.warnings > 0 ? 1 : 0;
}

main(process.argv[2]);
