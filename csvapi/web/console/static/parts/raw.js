// The bytes around a record as lines of text, with what is not seen otherwise: controls, ends of lines, byte order marks.
import { content, rows } from "../api.js";
import { html, useEffect, useState } from "../lib.js";
import { number, t } from "../state.js";
import { Problem } from "./problem.js";

const [ABOVE, BELOW] = [8, 16]; // records
const MOST = 32_768; // bytes
const LONGEST = 2000; // characters of a line
const HIDDEN = /[\u0000-\u001f\u007f-\u00a0\u00ad\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff\ufffd]+/g;
const WAIT = 150; // milliseconds

/** @typedef {{text: string, line: number, found: boolean}} Line */

/** @param {{file: import("../api.js").StoredFile, row: number}} given */
export function Raw({ file, row }) {
  const [shown, setShown] = useState(/** @type {{lines: Line[], known: boolean}|null} */ (null));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      around(file, row, stop.signal).then(
        (found) => {
          setShown(found);
          setError(null);
        },
        (problem) => stop.signal.aborted || setError(problem),
      );
    }, WAIT);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [file, row]);
  return html`<div>
    <${Problem} error=${error} />
    ${shown && !shown.known && html`<p class="note">${t("raw_unknown", { encoding: file.dialect.encoding })}</p>`}
    ${shown && html`<div class="raw" tabindex="0" role="region" aria-label=${t("raw_of", { row: number(row) })}><table>
      <tbody>${shown.lines.map(
        (each) => html`<tr class=${each.found ? "found" : ""}><th scope="row" class="place">${number(each.line)}</th><td><code>${visible(each.text)}</code></td></tr>`,
      )}</tbody></table></div>`}
  </div>`;
}

/** @param {import("../api.js").StoredFile} file @param {number} row @param {AbortSignal} signal */
async function around(file, row, signal) {
  const page = await rows(file.id, { from_row: Math.max(1, row - ABOVE), limit: ABOVE + BELOW + 1 }, signal);
  const at = page.items.findIndex((each) => each.row === row);
  const [top, last, mine] = [page.items[0], page.items.at(-1), page.items[at]];
  const start = top && top.row > 1 ? top.byte : 0;
  const stop = page.next === null || !last ? (file.reading?.size ?? file.size) : last.byte;
  const bytes = await content(file, start, Math.min(Math.max(stop, start + 1), start + MOST), signal);
  const { decoder, known } = decoderOf(file.dialect.encoding, new Uint8Array(bytes));
  const until = page.items[at + 1]?.line ?? Infinity;
  let line = top && top.row > 1 ? top.line : 1;
  const lines = (decoder.decode(bytes).match(/[^\r\n]*(\r\n|\r|\n|$)/g) ?? []).filter(Boolean).map((text) => {
    const found = mine !== undefined && line >= mine.line && line < until;
    return { text, line: line++, found };
  });
  return { lines, known };
}

/** Browsers know fewer encodings: of another one its bytes are shown as those of Windows-1252. @param {string} name @param {Uint8Array} bytes */
function decoderOf(name, bytes) {
  const wide = name.replace(/_/g, "-").toLowerCase();
  const names = [wide.replace("utf-16-", "utf-16").replace("mac-roman", "macintosh").replace("shift-jis", "shift_jis"), name];
  if (wide === "utf-16") names.unshift(bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-16le");
  for (const each of names) {
    try {
      return { decoder: new TextDecoder(each, { ignoreBOM: true }), known: true };
    } catch {} // eslint-disable-line no-empty
  }
  return { decoder: new TextDecoder("windows-1252"), known: false };
}

/** A line's text, in which what is not seen has a sign. @param {string} line */
function visible(line) {
  const text = line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(HIDDEN)) {
    if (found.index > from) parts.push(text.slice(from, found.index));
    parts.push(html`<span class="unseen">${[...found[0]].map(sign).join("")}</span>`);
    from = found.index + found[0].length;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}

/** @param {string} character */
function sign(character) {
  const code = character.codePointAt(0) ?? 0;
  if (code === 9) return "⇥\t";
  if (code === 10) return "↵";
  if (code === 13) return "⟨CR⟩";
  if (code === 0xa0) return "⍽";
  return code === 0xfffd ? character : `⟨${code.toString(16).toUpperCase().padStart(2, "0")}⟩`;
}
