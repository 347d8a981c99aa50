// What a part of a screen asks for at first, and again after each change.
import { useEffect, useState } from "../lib.js";

/**
 * What was asked for, what was refused, and what waits for a change, to ask again after it.
 * @template T @param {() => Promise<T>} ask @param {unknown[]} [on]
 * @returns {[T|null, unknown, (change: Promise<any>) => Promise<any>]}
 */
export function useAsked(ask, on = []) {
  const [found, setFound] = useState(/** @type {T|null} */ (null));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const load = () => ask().then((answer) => setFound(() => answer), setError);
  useEffect(() => {
    load();
  }, on);
  /** @param {Promise<any>} change */
  const after = (change) =>
    change.then((answer) => {
      setError(null);
      load();
      return answer;
    }, (refusal) => {
      setError(refusal);
      return null;
    });
  return [found, error, after];
}
