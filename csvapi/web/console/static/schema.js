// JSON Schema as the catalogue of operations uses it: what a form needs to know, and nothing of any operation.

/** @typedef {any} Schema */

/** The schema with what it refers to put in its place. @param {Schema} schema @param {Schema} root @returns {Schema} */
export function resolve(schema, root) {
  let found = schema;
  while (found.$ref || found.allOf) {
    if (found.$ref) {
      const { $ref, ...rest } = found;
      found = { ...root.$defs[$ref.split("/").at(-1)], ...rest };
    } else {
      const { allOf, ...rest } = found;
      found = Object.assign({}, ...allOf.map((/** @type {Schema} */ each) => resolve(each, root)), rest);
    }
  }
  return found;
}

/** Which control it needs. @param {Schema} schema */
export function kindOf(schema) {
  if (schema.format === "csvapi-column") return "column";
  if (schema.format === "csvapi-file") return "file";
  if (schema.oneOf) return "choice";
  if ("const" in schema) return "const";
  if (schema.enum) return "enum";
  if (schema.type === "boolean") return "boolean";
  if (schema.type === "integer" || schema.type === "number") return "number";
  if (schema.type === "array") return "list";
  if (schema.type === "object") return schema.properties ? "object" : "map";
  return "text";
}

/** @param {any} value */
const typeOf = (value) => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value;
};

/**
 * Whether the value is of the schema. When it is `whole`, nothing that must be chosen or listed may be missing either.
 * @param {Schema} given @param {any} value @param {Schema} root @param {boolean} whole @returns {boolean}
 */
export function fits(given, value, root, whole = false) {
  const schema = resolve(given, root);
  if (kindOf(schema) === "column") {
    return typeof value === "string" ? !whole || value !== "" : Number.isInteger(value?.index);
  }
  if (schema.oneOf) return schema.oneOf.some((/** @type {Schema} */ each) => fits(each, value, root, whole));
  if ("const" in schema) return value === schema.const;
  if (schema.enum) return schema.enum.includes(value);
  const types = [schema.type ?? []].flat();
  const type = typeOf(value);
  if (types.length && !types.includes(type) && !(types.includes("integer") && Number.isInteger(value))) return false;
  if (type === "array") {
    if (whole && value.length < (schema.minItems ?? 0)) return false;
    return !schema.items || value.every((/** @type {any} */ each) => fits(schema.items, each, root, whole));
  }
  if (type === "string" && whole) return value.length >= (schema.minLength ?? 0);
  return type !== "object" || fitsObject(schema, value, root, whole);
}

/** @param {Schema} schema @param {any} value @param {Schema} root @param {boolean} whole */
function fitsObject(schema, value, root, whole) {
  if ((schema.required ?? []).some((/** @type {string} */ name) => !(name in value))) return false;
  return Object.entries(value).every(([name, each]) => {
    const known = schema.properties?.[name] ?? schema.additionalProperties;
    if (known === false) return false;
    return typeof known !== "object" || fits(known, each, root, whole);
  });
}

/** The least value of a schema, to be filled in; what the one before has in common with it stays.
 * @param {Schema} given @param {Schema} root @param {any} [before] @returns {any} */
export function blank(given, root, before) {
  const schema = resolve(given, root);
  if ("const" in schema) return schema.const;
  if ("default" in schema) return schema.default;
  switch (kindOf(schema)) {
    case "column":
      return "";
    case "choice":
      return blank(schema.oneOf[0], root);
    case "enum":
      return schema.enum[0];
    case "boolean":
      return false;
    case "number":
    case "file":
      return schema.minimum ?? 0;
    case "list":
      return schema.minItems ? [blank(schema.items ?? {}, root)] : [];
    case "object":
    case "map":
      return blankObject(schema, root, before);
    default:
      return "";
  }
}

/** @param {Schema} schema @param {Schema} root @param {any} before */
function blankObject(schema, root, before) {
  /** @type {Record<string, any>} */
  const made = {};
  for (const [name, each] of Object.entries(schema.properties ?? {})) {
    if (typeOf(before) === "object" && name in before && fits(each, before[name], root)) made[name] = before[name];
    else if ((schema.required ?? []).includes(name)) made[name] = blank(each, root);
  }
  return made;
}
