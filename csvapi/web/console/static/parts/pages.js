// The records of a file that are at hand, and asking for those that are to be seen.
import { rows } from "../api.js";
import { useCallback, useEffect, useRef, useState } from "../lib.js";

const PAGE = 200; // records of a request
const WAIT = 60; // milliseconds that a moving grid has to stand still before it asks: what flies past is not asked for
const STILL = 250; // milliseconds without a move after which the next one is a jump, which asks at once
const AHEAD = 40; // records before and after what is seen
const MOST = 20_000; // records that are kept

/**
 * @typedef {import("../api.js").Row} Row
 * @typedef {{columns: string[], total: number|null, exact: boolean, error: unknown, busy: boolean}} Known
 * @typedef {Known & {at: (row: number) => Row|undefined, want: (first: number, last: number) => void}} Pages
 * @param {{id: number, size: number, columns: string[], reading?: any}} file
 * @returns {Pages}
 */
export function usePages(file) {
  const [known, setKnown] = useState(/** @type {Known} */ ({ columns: file.columns, total: null, exact: false, error: null, busy: false }));
  const kept = useRef(/** @type {Map<number, Row>} */ (new Map()));
  const wanted = useRef([1, 1]);
  const end = useRef(Infinity); // the last record, once it is known
  const under = useRef(/** @type {{stop: AbortController, from: number}|null} */ (null));
  const timer = useRef(0);
  const moved = useRef(-Infinity); // when there was the last move

  const ask = useCallback(() => {
    const [first, last] = wanted.current;
    const missing = firstMissing(kept.current, Math.max(1, first - AHEAD), Math.min(last + AHEAD, end.current));
    if (missing === null) return;
    const page = Math.floor((missing - 1) / PAGE) * PAGE + 1;
    const from = kept.current.has(page) ? missing : page; // a page of long records may have been cut short
    if (under.current?.from === from) return;
    under.current?.stop.abort();
    const mine = { stop: new AbortController(), from };
    under.current = mine;
    setKnown((now) => ({ ...now, busy: true }));
    rows(file.id, { from_row: from, limit: page + PAGE - from }, mine.stop.signal).then(
      (found) => {
        if (under.current !== mine) return;
        under.current = null;
        if (kept.current.size > MOST) kept.current.clear();
        for (const row of found.items) kept.current.set(row.row, row);
        const total = found.total ?? (found.next === null && found.items.length ? found.items.at(-1)?.row ?? null : null);
        if (total !== null) end.current = total;
        setKnown((now) => ({
          columns: found.columns, error: null, busy: false,
          ...(total !== null ? { total, exact: true } : { total: now.exact ? now.total : estimate(file, found.items, now.total), exact: now.exact }),
        }));
        ask();
      },
      (error) => {
        if (under.current !== mine) return;
        under.current = null;
        setKnown((now) => ({ ...now, error, busy: false }));
      },
    );
  }, [file.id]);

  const want = useCallback((/** @type {number} */ first, /** @type {number} */ last) => {
    wanted.current = [first, last];
    clearTimeout(timer.current);
    const flown = under.current && (under.current.from > last + PAGE || under.current.from + PAGE < first - PAGE);
    if (flown) {
      under.current?.stop.abort();
      under.current = null;
    }
    const still = performance.now() - moved.current > STILL;
    moved.current = performance.now();
    timer.current = setTimeout(ask, kept.current.size && !still ? WAIT : 0);
  }, [ask]);

  useEffect(() => () => {
    clearTimeout(timer.current);
    under.current?.stop.abort();
    under.current = null;
  }, [file.id]);
  return { ...known, at: (row) => kept.current.get(row), want };
}

/** @param {Map<number, Row>} kept @param {number} first @param {number} last */
function firstMissing(kept, first, last) {
  for (let row = first; row <= last; row++) if (!kept.has(row)) return row;
  return null;
}

/** About how many records there are, by the bytes of the first that are known. @param {{size: number, reading?: any}} file @param {Row[]} items @param {number|null} before */
function estimate(file, items, before) {
  const [first, last] = [items[0], items.at(-1)];
  if (!first || !last) return before;
  if (before !== null && before >= last.row) return before; // a bar that moves by itself is worse than a guess
  if (last.row === first.row) return last.row;
  const each = (last.byte - first.byte) / (last.row - first.row);
  return last.row + Math.max(0, Math.round(((file.reading?.size ?? file.size) - last.byte) / each) - 1);
}
