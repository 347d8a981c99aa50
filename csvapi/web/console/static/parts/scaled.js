// A scroll bar for any number of rows: a browser draws no element higher than some millions of pixels, so that beyond
// that one pixel of the bar stands for several of the rows.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "../lib.js";

export const HEIGHT = 28; // pixels of a row, as in console.css
const HIGHEST = 8_000_000; // pixels; Firefox draws no more than 17,895,698, Chromium 33,554,428

/**
 * Where a box is scrolled to: `top` in pixels of all rows, `bar` and `high` in those that are drawn, `height` those of the box
 * without its head. `place` scrolls to a pixel of the rows.
 * @param {number} rows
 */
export function useScaled(rows) {
  const box = useRef(/** @type {HTMLDivElement|null} */ (null));
  const [{ top, bar }, setShown] = useState({ top: 0, bar: 0 });
  const [height, setHeight] = useState(480);
  const now = useRef({ top: 0, bar: 0 });
  const whole = rows * HEIGHT;
  const high = Math.min(whole, HIGHEST);
  const most = Math.max(0, whole - height); // of `top`
  const farthest = Math.max(0, high - height); // of the bar

  const place = useCallback((/** @type {number} */ next) => {
    const wanted = Math.min(Math.max(0, next), most);
    if (box.current) box.current.scrollTop = most ? (wanted / most) * farthest : 0;
    now.current = { top: wanted, bar: box.current?.scrollTop ?? 0 };
    setShown(now.current);
  }, [most, farthest]);

  const scrolled = useCallback(() => {
    if (!box.current) return;
    const bar = box.current.scrollTop;
    const by = bar - now.current.bar;
    if (!by) return; // our own doing, or to the side
    const near = whole > high && Math.abs(by) < height && bar > 0 && bar < farthest; // a finger; a dragged bar goes further
    const next = near ? now.current.top + by : farthest ? (bar / farthest) * most : 0;
    now.current = { top: Math.min(Math.max(0, next), most), bar };
    setShown(now.current);
  }, [most, farthest, height]);

  const before = useRef(0);
  useLayoutEffect(() => {
    const atEnd = before.current > 0 && now.current.top >= before.current - 1; // and stays there when rows are counted
    before.current = most;
    place(atEnd ? most : now.current.top);
  }, [place]);
  useEffect(() => {
    const on = box.current;
    if (!on || whole <= high) return undefined;
    /** A wheel turns rows, not pixels of the bar. @param {WheelEvent} event */
    const turned = (event) => {
      if (event.ctrlKey || event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
      const by = event.deltaY * (event.deltaMode === 1 ? HEIGHT : event.deltaMode === 2 ? height : 1);
      if (by < 0 ? now.current.top <= 0 : now.current.top >= most) return; // the page scrolls on
      event.preventDefault();
      place(now.current.top + by);
    };
    on.addEventListener("wheel", turned, { passive: false });
    return () => on.removeEventListener("wheel", turned);
  }, [place]);

  useLayoutEffect(() => {
    const seen = new ResizeObserver(() => setHeight((box.current?.clientHeight ?? 508) - HEIGHT));
    if (box.current) seen.observe(box.current);
    return () => seen.disconnect();
  }, []);
  // Where the bar is scaled, whole rows are shown: no part of one fits above the first pixel of the bar.
  const shown = whole <= high ? top : (top >= most ? Math.ceil : Math.round)(top / HEIGHT) * HEIGHT;
  return { box, top: shown, bar, height, high, most, place, scrolled };
}
