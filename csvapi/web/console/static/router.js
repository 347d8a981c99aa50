// Every state has an address behind #: a path, and a query for what can be shared.
import { computed, signal } from "./lib.js";

const hash = signal(location.hash);
addEventListener("hashchange", () => {
  hash.value = location.hash;
});

export const route = computed(() => {
  const [path, query = ""] = hash.value.replace(/^#/, "").split("?", 2);
  return { path: path.split("/").filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) };
});

/** @param {string} path @param {Record<string, string>} [query] */
export const link = (path, query = {}) => {
  const kept = Object.entries(query).filter(([, value]) => value);
  return `#${path}${kept.length ? `?${new URLSearchParams(kept)}` : ""}`;
};

/** @param {string} path @param {Record<string, string>} [query] */
export const go = (path, query = {}) => {
  location.hash = link(path, query);
};

/** Change the address of what is shown without a new entry for Back. @param {string} path @param {Record<string, string>} [query] */
export const restate = (path, query = {}) => {
  const next = link(path, query);
  if (next !== location.hash) {
    history.replaceState(null, "", next);
    hash.value = next;
  }
};
