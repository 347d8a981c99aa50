// A list that comes page by page, and anew when what is wanted of it changes.
import { useEffect, useRef, useState } from "../lib.js";

const PAUSE = 250; // milliseconds: while one types, nothing is asked for

/**
 * The items so far, and what gets more of them. An answer that is overtaken by a later question is not shown.
 * @template T
 * @param {(cursor: string|null) => Promise<{items: T[], next: string|null}>} ask
 * @param {string[]} wanted
 */
export function useListing(ask, ...wanted) {
  const [found, setFound] = useState(/** @type {T[]} */ ([]));
  const [next, setNext] = useState(/** @type {string|null} */ (null));
  const [loaded, setLoaded] = useState(false);
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const asked = useRef(0);
  /** @param {string|null} cursor */
  const more = (cursor) => {
    const mine = (asked.current += 1);
    return ask(cursor).then(
      (page) => {
        if (mine !== asked.current) return;
        setFound((now) => (cursor ? [...now, ...page.items] : page.items));
        setNext(page.next);
        setLoaded(true);
        setError(null);
      },
      (failed) => mine === asked.current && setError(failed),
    );
  };
  useEffect(() => {
    const timer = setTimeout(() => more(null), loaded ? PAUSE : 0);
    return () => clearTimeout(timer);
  }, wanted);
  return { found, setFound, next, loaded, error, setError, more };
}
