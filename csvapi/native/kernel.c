// What csvapi asks of CSV text a byte at a time: where records and fields are, digests of keys, tests of cells, copies.
//
// Pure functions over memory that the caller owns: no allocation, no system call, no state between calls, so any number
// of threads may be in here. They trust their arguments. csvapi/native/*.py is the only caller, and checks every size
// and capacity before a call; what a pointer must hold is said at each function and made sure of there.
//
// An offset is a u32 within the text at hand. SLACK bytes after the text must be readable: words are loaded at any byte
// of it, whatever is in them beyond the end counts for nothing.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "words are compared as numbers whose lowest byte comes first"
#endif
#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t i64;

#define API __attribute__((visibility("default")))
#define INLINE static inline __attribute__((always_inline))

enum { STRIP = 4096 };  // bytes that are scanned before the widths of their records are checked
enum { ANY, UTF8, TABLE };                                           // how `form.text` checks the encoding
enum { NUL = 1, RETURN, QUOTE, TEXT, RAGGED, BLANK, MARK, OPEN, COMMENT };  // why records are declined
enum { LESS = 1, EQUAL = 2, MORE = 4 };                              // which orders a comparison takes
enum { NO, YES, NO_VALUE, UNSURE };                                  // answers of tests

// A dialect without an escape character; `quote` is 0 where nothing quotes, `comment` where no line is one. `undefined` has a bit for each byte from 128
// on that the encoding does not define (for TABLE). `width` is the number of fields that every record has.
typedef struct { u32 delimiter, quote, doubled, text, width, comment; u64 undefined[2]; } form;

// What scan() found: `records` whole records in `size` bytes with `lines` physical lines and `quotes` quotes. `reason` is
// why the record after them is declined, 0 if there is none; `place` is where that shows.
typedef struct { u64 records, size, lines, quotes, place, reason; } found;

// What scan() took, for all other functions. `ends` has for each field the offset of the delimiter or line feed after
// it, record by record. `quotes` has a bit for each quote; `hidden` one for each delimiter and byte of a line end within
// quotes, and for the second of two quotes that stand for one. `size` leaves out a line feed that is not in the file.
typedef struct {
    const u8 *text;
    const u32 *ends;
    const u64 *quotes, *hidden;
    u64 records, size;
    form form;
} records;

INLINE u64 load(const u8 *p) { u64 word; memcpy(&word, p, 8); return word; }
INLINE u64 first_bits(u64 n) { return n >= 64 ? ~0ull : (1ull << n) - 1; }
INLINE u64 first_bytes(u64 n) { return n >= 8 ? ~0ull : (1ull << 8 * n) - 1; }
INLINE u64 lowest(u64 bits) { return (u64)__builtin_ctzll(bits); }

// A call is about the records whose byte in `mask` is `value`; about all where `mask` is NULL.
INLINE int is_in(const u8 *mask, u32 value, u64 record) { return !mask || mask[record] == value; }

// Copies `n` bytes, most often few: reads and writes up to 16 bytes more.
INLINE void copy_short(u8 *to, const u8 *from, u64 n) {
    memcpy(to, from, 16);
    if (n <= 16) return;
    memcpy(to + 16, from + 16, 16);
    if (n > 32) memcpy(to + 32, from + 32, n - 32);
}

// --- Scanning ---------------------------------------------------------------------------------------------------------

typedef struct { u64 quote, delimiter, feed, high, rare; } specials;  // bits of 64 bytes; rare: carriage returns and NULs

// Whether `lead` and the byte after it begin an overlong form, a surrogate, or what is beyond U+10FFFF.
INLINE int is_bad_lead(u8 lead, u8 next) {
    if (lead < 0xC2 || lead > 0xF4) return 1;
    return (lead == 0xE0 && next < 0xA0) || (lead == 0xED && next > 0x9F) || (lead == 0xF0 && next < 0x90) ||
           (lead == 0xF4 && next > 0x8F);
}

// Which of the `high` bytes of a word the encoding does not define.
static u64 undefined_bytes(const u8 *p, u64 high, const form *f) {
    u64 bad = 0;
    for (; high; high &= high - 1) {
        u8 c = p[lowest(high)];
        if (f->undefined[c >> 6 & 1] >> (c & 63) & 1) bad |= high & -high;
    }
    return bad;
}

// Whether the record from `start` on, whose first field ends at `end`, is a blank line.
INLINE int is_blank(const u8 *text, u64 start, u64 end) {
    return text[end] == '\n' && (start == end || (start + 1 == end && text[start] == '\r'));
}

// Whether the line from `start` on is a comment.
INLINE int is_comment(const u8 *text, u64 start, const form *f) { return f->comment && text[start] == f->comment; }

// The first record, from number `record` on, in which a field other than the last one ends with a line feed.
static u64 short_record(const u8 *text, const u32 *ends, u64 known, u64 width, u64 record) {
    for (u64 i = record * width; i < known; i++)
        if (text[ends[i]] == '\n' && i % width != width - 1) return i / width;
    return ~0ull;
}

// Checks the records whose fields are all among the `known` ones, from number `done` on: each must have the width, so
// that all the `feeds` line feeds among `ends` are ends of records. Returns how many records are good; if a record is
// not, says so in `out`, in place of what was found further on.
static u64 check_records(const u8 *text, const u32 *ends, u64 known, u64 feeds, const form *f, int marks, u64 done,
                         found *out) {
    u64 width = f->width, r = done, start = r ? ends[r * width - 1] + 1ull : 0, reason = 0;
    for (; (r + 1) * width <= known; r++) {
        u64 end = ends[r * width + width - 1];
        if (is_comment(text, start, f)) reason = COMMENT;
        else if (text[end] != '\n') reason = RAGGED;
        else if (width == 1 && is_blank(text, start, end)) reason = BLANK;
        else if (marks && f->text == UTF8 && (load(text + start) & 0xFFFFFF) == 0xBFBBEF) reason = MARK;
        if (reason) break;
        start = end + 1;
    }
    if (!reason && feeds == r) return r;
    u64 first = short_record(text, ends, known, width, done);
    if (first <= r && !(first == r && reason == COMMENT)) r = first, reason = RAGGED;
    start = r ? ends[r * width - 1] + 1ull : 0;
    if (reason == RAGGED && is_comment(text, start, f)) reason = COMMENT;
    else if (reason == RAGGED && is_blank(text, start, ends[r * width])) reason = BLANK;
    out->reason = reason, out->place = start;
    return r;
}

// Line ends among the hidden bytes from `from` up to `to`: line feeds, and carriage returns without one.
static u64 inner_lines(const u8 *text, const u64 *hidden, u64 from, u64 to) {
    u64 lines = 0;
    for (u64 at = from, next; at < to; at = next) {
        next = (at | 63) + 1;
        for (u64 bits = hidden[at / 64] >> at % 64 & first_bits(to - at); bits; bits &= bits - 1) {
            u64 byte = at + lowest(bits);
            lines += text[byte] == '\n' || (text[byte] == '\r' && text[byte + 1] != '\n');
        }
    }
    return lines;
}

static u64 count_bits(const u64 *words, u64 from, u64 to) {
    u64 count = 0;
    for (u64 at = from, next; at < to; at = next) {
        next = (at | 63) + 1;
        count += (u64)__builtin_popcountll(words[at / 64] >> at % 64 & first_bits(to - at));
    }
    return count;
}

// Sets in `out` what the first `good` records hold. Its quotes and lines are those in all `scanned` bytes so far, of line
// ends only the line feeds within quotes; `any_return` says whether there are carriage returns within quotes.
static void finish(const u8 *text, u64 length, int final, const form *f, const u32 *ends, const u64 *quotes,
                   const u64 *hidden, u64 good, u64 scanned, int any_return, found *out) {
    u64 size = good ? ends[good * f->width - 1] + 1ull : 0;
    out->records = good, out->size = size;
    if (out->quotes) {
        out->quotes -= count_bits(quotes, size, scanned);
        out->lines = any_return ? inner_lines(text, hidden, 0, size) : out->lines - inner_lines(text, hidden, size, scanned);
    }
    out->lines += good;
    if (final && !out->reason && size < length) out->reason = OPEN, out->place = size;
}

INLINE u64 prefix_xor(u64 x) {  // bit i: whether the ones up to bit i are odd in number
    for (int shift = 1; shift < 64; shift <<= 1) x ^= x << shift;
    return x;
}

// Any machine: eight bytes at a time (Lamport 1975, "Multiple byte processing with full-word instructions").
#define EACH(byte) (0x0101010101010101ull * (byte))
INLINE u64 zeros(u64 word) { return ~(((word & EACH(0x7F)) + EACH(0x7F)) | word | EACH(0x7F)); }  // highest bit of each
#define TARGET
#define N(name) name##_any
INLINE u64 low_bits_any(u64 word) { return (word & EACH(1)) * 0x0102040810204080ull >> 56; }  // one of each byte
INLINE u64 bit_any(const u8 *p, int bit) {
    u64 bits = 0;
    for (int i = 0; i < 8; i++) bits |= low_bits_any(load(p + 8 * i) >> bit) << 8 * i;
    return bits;
}
INLINE u64 equal_any(const u8 *p, u8 c) {
    u64 bits = 0;
    for (int i = 0; i < 8; i++) bits |= low_bits_any(zeros(load(p + 8 * i) ^ EACH(c)) >> 7) << 8 * i;
    return bits;
}
INLINE specials specials_any(const u8 *p, const form *f) {
    return (specials){equal_any(p, (u8)f->quote), equal_any(p, (u8)f->delimiter), equal_any(p, '\n'), bit_any(p, 7),
                   equal_any(p, '\r') | equal_any(p, 0)};
}
INLINE u64 parity_any(u64 x) { return prefix_xor(x); }
#include "scan.inc"
#undef TARGET
#undef N

#if defined(__x86_64__)
// Any x86-64: 16 bytes at a time.
#define TARGET
#define N(name) name##_sse2
INLINE u64 bits_sse2(const __m128i v[4]) {
    u64 bits = 0;
    for (int i = 0; i < 4; i++) bits |= (u64)(u32)_mm_movemask_epi8(v[i]) << 16 * i;
    return bits;
}
INLINE u64 bit_sse2(const u8 *p, int bit) {
    __m128i v[4];
    for (int i = 0; i < 4; i++) v[i] = _mm_slli_epi16(_mm_loadu_si128((const __m128i *)(p + 16 * i)), 7 - bit);
    return bits_sse2(v);
}
INLINE u64 equal_sse2(const u8 *p, u8 c) {
    __m128i v[4], each = _mm_set1_epi8((char)c);
    for (int i = 0; i < 4; i++) v[i] = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(p + 16 * i)), each);
    return bits_sse2(v);
}
INLINE specials specials_sse2(const u8 *p, const form *f) {
    return (specials){equal_sse2(p, (u8)f->quote), equal_sse2(p, (u8)f->delimiter), equal_sse2(p, '\n'), bit_sse2(p, 7),
                   equal_sse2(p, '\r') | equal_sse2(p, 0)};
}
INLINE u64 parity_sse2(u64 x) { return prefix_xor(x); }
#include "scan.inc"
#undef TARGET
#undef N

// AVX2, with what every processor that has it has: 32 bytes at a time.
#define TARGET __attribute__((target("avx2,pclmul,bmi,bmi2,popcnt,lzcnt")))
#define N(name) name##_avx2
#define WIDE static inline TARGET __attribute__((always_inline))
WIDE u64 bits_avx2(__m256i a, __m256i b) {
    return (u64)(u32)_mm256_movemask_epi8(a) | (u64)(u32)_mm256_movemask_epi8(b) << 32;
}
WIDE __m256i half_avx2(const u8 *p) { return _mm256_loadu_si256((const __m256i *)p); }
WIDE u64 bit_avx2(const u8 *p, int bit) {
    return bits_avx2(_mm256_slli_epi16(half_avx2(p), 7 - bit), _mm256_slli_epi16(half_avx2(p + 32), 7 - bit));
}
WIDE u64 equal_avx2(const u8 *p, u8 c) {
    __m256i each = _mm256_set1_epi8((char)c);
    return bits_avx2(_mm256_cmpeq_epi8(half_avx2(p), each), _mm256_cmpeq_epi8(half_avx2(p + 32), each));
}
WIDE __m256i rare_avx2(__m256i v) {
    return _mm256_or_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('\r')), _mm256_cmpeq_epi8(v, _mm256_setzero_si256()));
}
WIDE specials specials_avx2(const u8 *p, const form *f) {
    return (specials){equal_avx2(p, (u8)f->quote), equal_avx2(p, (u8)f->delimiter), equal_avx2(p, '\n'),
                   bits_avx2(half_avx2(p), half_avx2(p + 32)),
                   bits_avx2(rare_avx2(half_avx2(p)), rare_avx2(half_avx2(p + 32)))};
}
WIDE u64 parity_avx2(u64 x) {  // a product without carries by ones is a sum of all lower bits (Langdale, Lemire 2019)
    return (u64)_mm_cvtsi128_si64(_mm_clmulepi64_si128(_mm_set_epi64x(0, (i64)x), _mm_set1_epi8((char)0xFF), 0));
}
#include "scan.inc"
#undef TARGET
#undef N
#endif

// The best level of scan() for this machine: 0 any, 1 SSE2, 2 AVX2. Asked of the processor and, for the registers that
// the system saves, of XGETBV: not every compiler's __builtin_cpu_supports works in a library.
API u32 best_level(void) {
#if defined(__x86_64__)
    u32 a, b, c, d, low, high;
    if (!__get_cpuid(1, &a, &b, &c, &d) || ~c & (bit_PCLMUL | bit_POPCNT | bit_OSXSAVE)) return 1;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & 6) != 6) return 1;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || ~b & (bit_AVX2 | bit_BMI | bit_BMI2)) return 1;
    if (!__get_cpuid(0x80000001, &a, &b, &c, &d) || ~c & bit_ABM) return 1;  // LZCNT
    return 2;
#else
    return 0;
#endif
}

// Takes the whole records that `text` begins with, as long as each is provably what csv.reader would read: `width` fields,
// quotes only around fields or doubled within them, no lone carriage return outside of quotes, no NUL, no blank line, no
// byte that is no text, no byte order mark before it. Stops at the first record that is not.
//
// A quote is inside or at the start of a quoted field when the quotes up to it are odd in number, provided that each
// quote does what such a count takes for granted: one that opens stands where a field begins, one that closes stands
// where a field ends, two that stand together are one that is doubled. By induction from the start of the text, every
// quote for which this holds leaves the csv module in the state that the count says.
//
// `text` is `length` bytes and begins with a record; if it is the `final` one, it ends with a line feed. `ends` has room
// for `length` + 8 offsets, `quotes` and `hidden` for a bit of each byte. `level` is at most best_level().
API void scan(const u8 *text, u64 length, int final, const form *f, u32 level, u32 *ends, u64 *quotes, u64 *hidden,
              found *out) {
#if defined(__x86_64__)
    if (level >= 2) scan_avx2(text, length, final, f, ends, quotes, hidden, out);
    else if (level == 1) scan_sse2(text, length, final, f, ends, quotes, hidden, out);
    else
#endif
        scan_any(text, length, final, f, ends, quotes, hidden, out);
}

// --- Records and fields -----------------------------------------------------------------------------------------------

INLINE u64 record_stop(const records *x, u64 r) { return x->ends[r * x->form.width + x->form.width - 1] + 1ull; }
INLINE u64 record_start(const records *x, u64 r) { return r ? record_stop(x, r - 1) : 0; }

// Whether one of the bits from `a` up to `b` is set that is not in `without`, if that is given.
INLINE int any_bit(const u64 *bits, const u64 *without, u64 a, u64 b) {
    for (u64 i = a >> 6; a < b; a = ++i << 6) {
        u64 word = bits[i] & (without ? ~without[i] : ~0ull) & ~0ull << (a & 63);
        if (b - (i << 6) < 64) word &= first_bits(b - (i << 6));
        if (word) return 1;
    }
    return 0;
}

// Field `column` of record `r` without the quotes around it: from `a` up to `b`. Returns whether it has quotes.
INLINE int span(const records *x, u64 r, u64 column, u64 *a, u64 *b) {
    u64 at = r * x->form.width + column;
    *a = at ? x->ends[at - 1] + 1ull : 0, *b = x->ends[at];
    if (column + 1 == x->form.width && *b > *a && x->text[*b - 1] == '\r') --*b;
    int quoted = x->form.quote && *b > *a && x->text[*a] == x->form.quote;
    *a += (u64)quoted, *b -= (u64)quoted;
    return quoted;
}

// Whether a quoted field holds a delimiter or a line end.
INLINE int is_special(const records *x, u64 a, u64 b) { return any_bit(x->hidden, x->quotes, a, b); }

// Whether a quoted field holds quotes, each of which stands there twice.
INLINE int has_doubled(const records *x, u64 a, u64 b) { return any_bit(x->quotes, NULL, a, b); }

// Writes a field's text, each doubled quote once; may write up to 16 bytes more. Returns its length.
INLINE u64 put_text(const records *x, u64 a, u64 b, int quoted, u8 *out) {
    if (!quoted || !has_doubled(x, a, b)) return copy_short(out, x->text + a, b - a), b - a;
    u64 n = 0;
    for (; a < b; a += 1u + (x->text[a] == x->form.quote)) out[n++] = x->text[a];
    return n;
}

// Where each record ends, `base` added: `out` has room for all of them.
API void record_ends(const records *x, u64 base, u64 *out) {
    for (u64 r = 0; r < x->records; r++) out[r] = base + record_stop(x, r);
    if (x->records) out[x->records - 1] = base + x->size;
}

// How long each record is: `out` has room for all of them.
API void record_lengths(const records *x, u32 *out) {
    for (u64 r = 0, start = 0, stop; r < x->records; start = stop, r++) {
        stop = r + 1 < x->records ? record_stop(x, r) : x->size;
        out[r] = (u32)(stop - start);
    }
}

// The physical lines of the records from number `from` up to `to`.
API u64 count_lines(const records *x, u64 from, u64 to) {
    u64 start = record_start(x, from), stop = record_start(x, to);
    return to - from + inner_lines(x->text, x->hidden, start, stop);
}

// The physical lines of those records whose byte in `mask` is `value`; records that lie together are counted at once.
API u64 count_lines_of(const records *x, const u8 *mask, u32 value) {
    u64 lines = 0;
    for (u64 r = 0, from; r < x->records;) {
        for (; r < x->records && !is_in(mask, value, r);) r++;
        for (from = r; r < x->records && is_in(mask, value, r);) r++;
        lines += count_lines(x, from, r);
    }
    return lines;
}

// How many records are, but for their line ends, the `n` bytes at `wanted`; `first` is the first of them.
API u64 count_equal(const records *x, const u8 *wanted, u64 n, u64 *first) {
    u64 count = 0;
    for (u64 r = 0, start = 0, stop; r < x->records; start = stop, r++) {
        stop = record_stop(x, r);
        u64 end = stop - 1;
        if (end > start && x->text[end - 1] == '\r') end--;
        if (end - start == n && !memcmp(x->text + start, wanted, n) && !count++) *first = r;
    }
    return count;
}

// Writes some fields of each record in `mask`, in the order of the `count` columns, a NUL after each. Returns the bytes
// written; `out` has room for the text and a byte for each field, and 16 more.
API u64 put_cells(const records *x, const u8 *mask, u32 value, const u32 *columns, u64 count, u8 *out) {
    u8 *to = out;
    for (u64 r = 0; r < x->records; r++) {
        if (!is_in(mask, value, r)) continue;
        for (u64 i = 0; i < count; i++) {
            u64 a, b;
            int quoted = span(x, r, columns[i], &a, &b);
            to += put_text(x, a, b, quoted, to);
            *to++ = 0;
        }
    }
    return (u64)(to - out);
}

#include "comparing.inc"
#include "rewriting.inc"
#include "sorting.inc"
#include "objects.inc"
#include "changing.inc"
#include "columns.inc"
#include "multiplying.inc"

// --- Copying ----------------------------------------------------------------------------------------------------------

// Copies the records in `mask`, those that lie together at once; with `others`, those that are not. Returns the bytes
// copied, and adds to `count` the records; `out` has room for all.
API u64 gather(const records *x, const u8 *mask, u32 value, int others, u8 *out, u64 *count) {
    u8 *to = out;
    u64 start = 0;
    for (u64 r = 0; r < x->records;) {
        u64 first = r, stop = start;
        for (; r < x->records && is_in(mask, value, r) != others; r++) stop = record_stop(x, r);
        if (stop > x->size) stop = x->size;
        memcpy(to, x->text + start, stop - start);
        to += stop - start, *count += r - first;
        for (; r < x->records && is_in(mask, value, r) == others; r++) stop = record_stop(x, r);
        start = stop;
    }
    return (u64)(to - out);
}

// The same without an index, for up to `n` records of known lengths that begin at `text`, as many as are whole in
// `size` bytes. Returns how many that are, and their bytes in `used`.
API u64 gather_lengths(const u8 *text, u64 size, const u32 *lengths, u64 n, const u8 *mask, u32 value, int others, u8 *out, u64 *used,
                       u64 *written) {
    u64 at = 0, r = 0;
    u8 *to = out;
    while (r < n && at + lengths[r] <= size) {
        u64 start = at;
        for (; r < n && is_in(mask, value, r) != others && at + lengths[r] <= size; r++) at += lengths[r];
        memcpy(to, text + start, at - start);
        to += at - start;
        for (; r < n && is_in(mask, value, r) == others && at + lengths[r] <= size; r++) at += lengths[r];
    }
    *used = at, *written = (u64)(to - out);
    return r;
}

// --- Digests ----------------------------------------------------------------------------------------------------------

// SipHash-1-3 with 128 bits of output under a secret of 128 bits: a pseudo-random function, so whoever does not know the
// secret cannot make two keys that have one digest (Aumasson and Bernstein 2012, "SipHash: a fast short-input PRF").
typedef struct { u64 a, b, c, d; } sip;

INLINE u64 rotate(u64 x, int bits) { return x << bits | x >> (64 - bits); }
INLINE void sip_round(sip *s) {
    s->a += s->b, s->b = rotate(s->b, 13) ^ s->a, s->a = rotate(s->a, 32);
    s->c += s->d, s->d = rotate(s->d, 16) ^ s->c;
    s->a += s->d, s->d = rotate(s->d, 21) ^ s->a;
    s->c += s->b, s->b = rotate(s->b, 17) ^ s->c, s->c = rotate(s->c, 32);
}
INLINE void sip_add(sip *s, u64 word) { s->d ^= word, sip_round(s), s->a ^= word; }
INLINE u64 sip_sum(const sip *s) { return s->a ^ s->b ^ s->c ^ s->d; }

// A key of `n` bytes, and where its digest of two words goes. Up to seven bytes after the key are read.
typedef struct { const u8 *p; u64 n, *out; } hashed;

INLINE u64 last_word(const hashed *k) {
    u64 rest = k->n & 7;
    return k->n << 56 | (rest ? load(k->p + k->n - rest) & first_bytes(rest) : 0);
}

// The digests of two keys. A round waits for most of its own steps, so two at once take little longer than one.
static void digest_two(const hashed *k, const hashed *l, const u64 secret[2]) {
    sip s = {secret[0] ^ 0x736f6d6570736575, secret[1] ^ 0x646f72616e646f6d ^ 0xee, secret[0] ^ 0x6c7967656e657261,
             secret[1] ^ 0x7465646279746573};
    sip t = s;
    u64 i = 0, words = k->n / 8, others = l->n / 8;
    for (; i < words && i < others; i++) sip_add(&s, load(k->p + 8 * i)), sip_add(&t, load(l->p + 8 * i));
    for (u64 j = i; j < words; j++) sip_add(&s, load(k->p + 8 * j));
    for (u64 j = i; j < others; j++) sip_add(&t, load(l->p + 8 * j));
    sip_add(&s, last_word(k)), sip_add(&t, last_word(l));
    s.c ^= 0xee, t.c ^= 0xee;
    for (i = 0; i < 3; i++) sip_round(&s), sip_round(&t);
    k->out[0] = sip_sum(&s), l->out[0] = sip_sum(&t);
    s.b ^= 0xdd, t.b ^= 0xdd;
    for (i = 0; i < 3; i++) sip_round(&s), sip_round(&t);
    k->out[1] = sip_sum(&s), l->out[1] = sip_sum(&t);
}

// Writes a field as it is in a key that begins with a line end: with quotes around it if it needs them.
static u64 put_minimal(const records *x, u64 a, u64 b, int quoted, u8 *out) {
    u8 around = x->form.delimiter == '"' ? '\'' : '"', *to = out;
    int needs = quoted && is_special(x, a, b);
    for (u64 i = a; i < b && !needs; i++) needs = x->text[i] == around;
    if (needs) *to++ = around;
    for (u64 i = a; i < b; i++) {
        u8 c = x->text[i];
        if (quoted && c == x->form.quote) i++;
        if (c == around) *to++ = c;
        *to++ = c;
    }
    if (needs) *to++ = around;
    return (u64)(to - out);
}

// Writes the key of some fields as csvapi/csvio/keys.py has it: joined by the delimiter; if one of them holds a delimiter
// or a line end, a line end and then the fields with the quotes that they need.
static u64 put_key(const records *x, u64 r, int any_hidden, const u32 *columns, u64 count, u8 *out) {
    u8 *to = out, delimiter = (u8)x->form.delimiter;
    int special = 0;
    for (u64 i = 0, a, b; i < count && !special; i++, *to++ = delimiter) {
        int quoted = span(x, r, columns ? columns[i] : i, &a, &b);
        if (!any_hidden) copy_short(to, x->text + a, b - a), to += b - a;
        else if (!(special = quoted && is_special(x, a, b))) to += put_text(x, a, b, quoted, to);
    }
    if (!special) return (u64)(to - 1 - out);
    to = out, *to++ = '\n';
    for (u64 i = 0, a, b; i < count; i++, *to++ = delimiter) {
        int quoted = span(x, r, columns ? columns[i] : i, &a, &b);
        to += put_minimal(x, a, b, quoted, to);
    }
    return (u64)(to - 1 - out);
}

// The key of record `r`: where it lies in the text if it lies there as it is, else in `scratch`.
INLINE hashed key_of(const records *x, u64 r, u64 start, u64 stop, const u32 *columns, u64 count, u8 *scratch, u64 *out) {
    if (!columns && !any_bit(x->quotes, NULL, start, stop)) {
        u64 n = stop - 1 - start;
        return (hashed){x->text + start, n - (n && x->text[stop - 2] == '\r'), out};
    }
    if (columns && count == 1) {
        u64 a, b;
        if (!span(x, r, columns[0], &a, &b) || !any_bit(x->hidden, NULL, a, b)) return (hashed){x->text + a, b - a, out};
    }
    int any_hidden = any_bit(x->hidden, NULL, start, stop);
    return (hashed){scratch, put_key(x, r, any_hidden, columns, columns ? count : x->form.width, scratch), out};
}

// The digest of the key of each record in `mask`, two words in `out` at its number: of `count` columns that differ, or of
// the whole record where `columns` is NULL. `scratch` is twice `room`, which is three times the longest record and 64.
API void digests(const records *x, const u8 *mask, u32 value, const u32 *columns, u64 count, const u64 secret[2],
                 u8 *scratch, u64 room, u64 *out) {
    hashed waits = {NULL, 0, NULL};
    for (u64 r = 0, start = 0, stop; r < x->records; start = stop, r++) {
        stop = record_stop(x, r);
        if (!is_in(mask, value, r)) continue;
        hashed key = key_of(x, r, start, stop, columns, count, waits.p ? scratch : scratch + room, out + 2 * r);
        if (waits.p) digest_two(&waits, &key, secret);
        waits = waits.p ? (hashed){NULL, 0, NULL} : key;
    }
    if (waits.p) digest_two(&waits, &waits, secret);
}

// The digests of `n` keys that lie one after the other, of these lengths; eight bytes after the last are readable.
API void digest_keys(const u8 *keys, const u64 *lengths, u64 n, const u64 secret[2], u64 *out) {
    for (u64 i = 0; i < n; keys += lengths[i++]) {
        hashed key = {keys, lengths[i], out + 2 * i};
        digest_two(&key, &key, secret);
    }
}

// Which of the records in `mask` have this digest: their bytes in `marks` become `code`. Returns how many.
API u64 mark_digest(const u64 *digests, u64 n, const u8 *mask, u32 value, const u64 wanted[2], u32 code, u8 *marks) {
    u64 count = 0;
    for (u64 i = 0; i < n; i++)
        if (is_in(mask, value, i) && digests[2 * i] == wanted[0] && digests[2 * i + 1] == wanted[1]) marks[i] = (u8)code, count++;
    return count;
}

// --- Duplicates -------------------------------------------------------------------------------------------------------

// A digest on disk, and the number of its record.
typedef struct { u64 first, second, row; } entry;

INLINE int add_entry(entry e, u32 skip, u32 bits, entry *buffers, u64 room, u32 *fill) {
    u64 part = bits ? e.first << skip >> (64 - bits) : 0;
    if (fill[part] == room) return 0;
    buffers[part * room + fill[part]++] = e;
    return 1;
}

// Sorts the digests of the records in `mask` from number `from` on into 2 ** `bits` partitions, by their first bits. Record
// number i has row `row` + i. Partition p has `fill[p]` entries so far, from `buffers[p * room]` on. Returns the record
// whose partition is full, or `n`.
API u64 scatter(const u64 *digests, u64 from, u64 n, const u8 *mask, u32 value, u64 row, u32 bits, entry *buffers, u64 room,
                u32 *fill) {
    for (u64 i = from; i < n; i++) {
        entry e = {digests[2 * i], digests[2 * i + 1], row + i};
        if (is_in(mask, value, i) && !add_entry(e, 0, bits, buffers, room, fill)) return i;
    }
    return n;
}

// The same for entries of a partition whose digests begin with the same `skip` bits: by the bits after these; `shift`
// is added to their rows.
API u64 split(const entry *entries, u64 from, u64 n, u64 shift, u32 skip, u32 bits, entry *buffers, u64 room, u32 *fill) {
    for (u64 i = from; i < n; i++) {
        entry e = {entries[i].first, entries[i].second, entries[i].row + shift};
        if (!add_entry(e, skip, bits, buffers, room, fill)) return i;
    }
    return n;
}

// A slot of a hash table of digests. `tag` is 0 in an empty one; else its lowest bit is 1, the next one says whether the
// digest came again, and above them is a row.
typedef struct { u64 first, second, tag; } slot;
enum { TAKEN = 1, AGAIN = 2, ROW = 2 };

INLINE slot *home(slot *table, u64 capacity, u64 second) {
    return table + (u64)((unsigned __int128)second * capacity >> 64);
}

// Where a digest is in the table, or where it would be: linear probing.
INLINE slot *find_slot(slot *table, u64 capacity, u64 first, u64 second) {
    slot *s = home(table, capacity, second);
    while (s->tag && (s->first != first || s->second != second)) s = s + 1 == table + capacity ? table : s + 1;
    return s;
}

// Decides which of `n` records repeat a key. Of a group of equal keys the first one in the order of the calls is kept; if
// `none`, no one. Entries are taken from the last to the first if `reverse` (so with calls in reverse order, too, the last
// one of a group is kept). A record that goes gets `code` in `decisions`, and in `kept`, unless it is NULL, one more
// than the row it repeats; of a group of which none is kept, the first one has none. Both have `rows` elements. `base` is
// added to the rows of entries.
//
// `table` is all zeros at first; `used` counts the slots that are taken, of which there may be `most`, fewer than its
// `capacity`. Returns how many entries were decided: fewer than `n` when a new key finds no slot (`used` is `most`), or
// for a row beyond `rows`. Adds to `dropped`.
API u64 resolve(const entry *entries, u64 n, int reverse, int none, slot *table, u64 capacity, u64 most, u64 *used, u32 code,
                u8 *decisions, u64 *kept, u64 rows, u64 base, u64 *dropped) {
    enum { AHEAD = 16 };
    for (u64 i = 0; i < n; i++) {
        const entry *e = entries + (reverse ? n - 1 - i : i);
        if (i + AHEAD < n) __builtin_prefetch(home(table, capacity, (reverse ? e - AHEAD : e + AHEAD)->second), 1);
        slot *s = find_slot(table, capacity, e->first, e->second);
        u64 row = base + e->row;
        if (row >= rows || (!s->tag && *used == most)) return i;
        if (!s->tag) {
            *s = (slot){e->first, e->second, row << ROW | TAKEN}, ++*used;
            continue;
        }
        decisions[row] = (u8)code, ++*dropped;
        if (kept) kept[row] = (s->tag >> ROW) + 1;
        if (none && !(s->tag & AGAIN)) decisions[s->tag >> ROW] = (u8)code, s->tag |= AGAIN, ++*dropped;
    }
    return n;
}

#include "buckets.inc"
#include "profiling.inc"
#include "checking.inc"
#include "grouping.inc"
#include "joining.inc"
#include "aggregating.inc"
#include "figures.inc"
#include "crossing.inc"
#include "entries.inc"
#include "wording.inc"
#include "differing.inc"
#include "marking.inc"

// Which sources this library was made of.
#ifndef KERNEL_SOURCE
#define KERNEL_SOURCE ""
#endif
API const char *const kernel_source = KERNEL_SOURCE;
