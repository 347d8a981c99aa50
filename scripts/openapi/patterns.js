// Compile every pattern of the document as JSON Schema reads it: as an ECMAScript regular expression with the flag u.
const document = JSON.parse(require("fs").readFileSync(process.argv[2], "utf8"));

function* patterns(node) {
  if (node === null || typeof node !== "object") return;
  if (typeof node.pattern === "string") yield node.pattern;
  for (const each of Object.values(node)) yield* patterns(each);
}

for (const pattern of patterns(document)) new RegExp(pattern, "u");
